import type { ChildProcess } from "node:child_process";

import { childrenOf, isFirstOfNamespace } from "./limits/processes.ts";

/** Milliseconds that a program has to end by itself. */
const patienceMilliseconds = 5_000;

/** Asks a program to end, and ends it with all that it has started if it does not. */
export function endProgram(started: ChildProcess): void {
  if (started.pid === undefined || started.exitCode !== null) return;
  const asked = programBelow(started.pid).filter((pid) => isSent(pid, "SIGTERM"));
  if (asked.length === 0) return killProgram(started);
  const timer = setTimeout(() => killProgram(started), patienceMilliseconds);
  started.once("exit", () => clearTimeout(timer));
}

/**
 * Ends a program and all that it has started, at once. What stands around it is stopped first, so that it starts nothing
 * more, and ended last: the kernel ends the others with it only once they have asked for that.
 */
export function killProgram(started: ChildProcess): void {
  if (started.pid === undefined || started.exitCode !== null || started.signalCode !== null) return;
  started.kill("SIGSTOP");
  for (const pid of childrenOf(started.pid)) isSent(pid, "SIGKILL");
  started.kill("SIGKILL");
}

/**
 * Finds the program itself. Below what was started is the first process of a namespace, which hears no signal: a shell
 * whose child is the program, or the border. The border's child is the first process of another one.
 */
function programBelow(pid: number): readonly number[] {
  return childrenOf(pid)
    .flatMap(childrenOf)
    .flatMap((below) => (isFirstOfNamespace(below) ? childrenOf(below) : [below]));
}

function isSent(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
