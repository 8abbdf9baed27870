import { statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { type Journal, type Seq, isBeingWritten, openReader } from "../../../journal/index.ts";
import { printable } from "../../text/index.ts";
import type { Context } from "../command/context.ts";

/** Milliseconds between two looks. */
const everyMilliseconds = 100;
/** After so many looks without news, a redo log that a killed writer left is taken over. */
const looksBeforeRepair = 10;

/**
 * Yields the number of the last event whenever more than `last` came, until the signal aborts, or the file is gone or is another,
 * which is said on stderr.
 */
export async function* following(
  { talk, journal: file }: Context,
  journal: Journal,
  last: Seq,
  signal: AbortSignal,
): AsyncGenerator<Seq> {
  const opened = identityOf(file);
  let version: number | undefined;
  let head = last;
  let looks = 0;
  while (!signal.aborted) {
    const identity = identityOf(file);
    if (identity === undefined || identity !== opened) {
      const end = identity === undefined ? "is gone" : "was replaced by another file";
      talk.line(printable(`rewindfs: ${file} ${end}; nothing more will come`));
      return;
    }
    const now = journal.version();
    if (now !== version) {
      version = now;
      looks = 0;
      const next = journal.head();
      if (next !== head) yield next;
      head = next;
    }
    looks += 1;
    if (looks === looksBeforeRepair) repair(file);
    try {
      await pause(everyMilliseconds, undefined, { signal });
    } catch {
      return;
    }
  }
}

function identityOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}

function repair(file: string): void {
  const log = statSync(`${file}-tail`, { throwIfNoEntry: false });
  if (log === undefined || log.size === 0 || isBeingWritten(file)) return;
  // A reader takes over what a killed writer left, and ours sees it.
  openReader(file).close();
}
