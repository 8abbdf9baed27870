import { readFileSync, readdirSync } from "node:fs";

/** Returns the numbers of the processes that a process has started; none if it has ended. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    // It has ended.
    return [];
  }
}

/** Counts the processes that another one sees; 0 if it has ended. */
export function countSeenBy(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/root/proc`).filter((name) => /^\d+$/.test(name)).length;
  } catch {
    return 0;
  }
}

/** Tells if a process is the first of a namespace of processes. */
export function isFirstOfNamespace(pid: number): boolean {
  const numbers = /^NSpid:\s*(.*)$/mu.exec(statusOf(pid))?.[1]?.split(/\s+/u);
  return numbers !== undefined && numbers.length > 1 && numbers.at(-1) === "1";
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    // It has ended.
    return "";
  }
}
