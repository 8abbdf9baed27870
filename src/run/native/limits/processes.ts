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
