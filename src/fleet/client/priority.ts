import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";

/** Lowest priority of a process, and of a session. */
const lowest = 19;

/**
 * Gives a process that is alone in its session the lowest priority, and its session, too: Linux may share out processor
 * time by sessions first, and then gives such a process as much as any other session, whatever its own priority. A thread
 * that it starts later has its priority.
 */
export function standBehind(pid: number): void {
  try {
    setPriority(pid, lowest);
  } catch {
    // It has ended.
  }
  shareOf(pid, lowest);
}

/** Gives the session of such a process the priority of any other again. Its own takes a privilege to raise. */
export function standAsAny(pid: number): void {
  shareOf(pid, 0);
}

function shareOf(pid: number, priority: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, `${priority}`);
  } catch {
    // There is no such file; or another one was written just now, and the next time does it.
  }
}
