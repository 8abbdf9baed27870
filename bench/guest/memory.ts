import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { promisify } from "node:util";

/**
 * Runs a program as program-on.ts does. Returns the most mebibytes that its processes had resident, each at its peak,
 * added up; undefined where the system does not say.
 */
export async function memoryOf(
  system: string,
  program: string,
  place: string,
  args: readonly string[],
): Promise<number | undefined> {
  const script = new URL("./program-on.ts", import.meta.url).pathname;
  const running = promisify(execFile)(process.execPath, [script, system, program, place, ...args]);
  const peaks = new Map<number, number>();
  const look = setInterval(() => {
    for (const pid of familyOf(running.child.pid ?? 0)) {
      const peak = peakOf(pid);
      if (peak !== undefined) peaks.set(pid, peak);
    }
  }, lookMilliseconds);
  try {
    await running;
  } finally {
    clearInterval(look);
  }
  return peaks.size === 0 ? undefined : [...peaks.values()].reduce((sum, peak) => sum + peak, 0);
}

const lookMilliseconds = 100;

/** Returns a process with all that it started. Linux only; elsewhere there is none. */
function familyOf(pid: number): number[] {
  const family = [pid];
  for (const one of family) {
    for (const thread of attempt(() => readdirSync(`/proc/${one}/task`)) ?? []) {
      const children = attempt(() =>
        readFileSync(`/proc/${one}/task/${thread}/children`, "utf8").match(/\d+/g),
      );
      family.push(...(children ?? []).map(Number));
    }
  }
  return family;
}

function peakOf(pid: number): number | undefined {
  const status = attempt(() => readFileSync(`/proc/${pid}/status`, "utf8"));
  const kibibytes = /^VmHWM:\s+(\d+)/m.exec(status ?? "")?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
