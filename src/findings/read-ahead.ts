import type { Journal } from "../../journal/index.ts";
import type { ReadTape } from "../history/index.ts";

const windowBytes = 256 * 1024;

/** Returns a reader of the tape up to `end` for those who read it in order: many small reads cost one large one. */
export function readingAhead(journal: Journal, end: number): ReadTape {
  let [start, held] = [0, new Uint8Array(0)];
  return (position, length, target, at = 0) => {
    if (position < start || position + length > start + held.length) {
      const ahead = Math.min(windowBytes, end - position);
      if (ahead < length || length > windowBytes / 2)
        return journal.readTape(position, length, target, at);
      held = new Uint8Array(ahead);
      start = position;
      journal.readTape(start, ahead, held);
    }
    target.set(held.subarray(position - start, position - start + length), at);
  };
}
