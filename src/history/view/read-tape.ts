import type { Journal } from "../../../journal/index.ts";

/** How bytes are read back from the tape. Throws JournalError when they are not there. */
export type ReadTape = (
  this: void,
  ...range: Parameters<Journal["readTape"]>
) => ReturnType<Journal["readTape"]>;

/**
 * The same for those who compare: bytes that were redacted, which all read alike, come as bytes that go by where they
 * stand. So what was written at different times is taken to be different, as it may have been. A single byte may still
 * come out the same.
 */
export function comparableTape(journal: Pick<Journal, "readTape" | "redacted">): ReadTape {
  return (position, length, target, at = 0) => {
    journal.readTape(position, length, target, at);
    for (const span of journal.redacted(position, position + length)) {
      const stop = Math.min(span.start + span.length, position + length);
      for (let place = Math.max(span.start, position); place < stop; place += 1)
        target[at + place - position] = scattered(place);
    }
  };
}

/** A byte that goes by all bits of a number: MurmurHash3's last step. */
function scattered(value: number): number {
  let bits = (value % 2 ** 32) ^ Math.floor(value / 2 ** 32);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) & 0xff;
}

/** A journal's tape, for functions that need nothing else of it. */
export function tapeOf(journal: Pick<Journal, "readTape">): ReadTape {
  return (position, length, target, at) => journal.readTape(position, length, target, at);
}
