import type { Journal } from "../../journal/index.ts";

/** How bytes are read back from the tape. Throws JournalError when they are not there. */
export type ReadTape = (
  this: void,
  ...range: Parameters<Journal["readTape"]>
) => ReturnType<Journal["readTape"]>;

/** A journal's tape, for functions that need nothing else of it. */
export function tapeOf(journal: Pick<Journal, "readTape">): ReadTape {
  return (position, length, target, at) => journal.readTape(position, length, target, at);
}
