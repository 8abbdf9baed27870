import type { Journal, TapeSpan } from "../../../journal/index.ts";

/** Reads bytes of the tape. Throws JournalError if they are missing. */
export interface ReadTape {
  (this: void, ...range: Parameters<Journal["readTape"]>): ReturnType<Journal["readTape"]>;
  /** Returns the file of the host whose bytes were promised at a position; see Journal. */
  readonly promised?: Journal["promised"];
  /** Is told what is read next, where that is fetched; see Journal. */
  readonly expect?: NonNullable<Journal["expectTape"]>;
}

type Tape = Pick<Journal, "readTape" | "promised" | "expectTape">;

/**
 * Reads for a comparison: redacted bytes, which all read alike, are replaced by bytes that depend on their position. So
 * bytes that were written at different times count as different, as they may have been. A single byte may still be
 * equal by chance.
 */
export function comparableTape(journal: Tape & Pick<Journal, "redacted">): ReadTape {
  const read: ReadTape = (position, length, target, at = 0) => {
    journal.readTape(position, length, target, at);
    for (const span of journal.redacted(position, position + length)) {
      const stop = Math.min(span.start + span.length, position + length);
      for (let place = Math.max(span.start, position); place < stop; place += 1)
        target[at + place - position] = scattered(place);
    }
  };
  return withPromises(read, journal);
}

/** Returns a journal's tape, for functions that need nothing else of it. */
export function tapeOf(journal: Tape): ReadTape {
  return withPromises(
    (position, length, target, at) => journal.readTape(position, length, target, at),
    journal,
  );
}

function withPromises(read: ReadTape, journal: Tape): ReadTape {
  return Object.assign(read, {
    promised: (position: number) => journal.promised?.(position),
    ...(journal.expectTape === undefined
      ? {}
      : { expect: (spans: readonly TapeSpan[]) => journal.expectTape?.(spans) }),
  });
}

/** Returns a byte that depends on all bits of a number: MurmurHash3's last step. */
function scattered(value: number): number {
  let bits = (value % 2 ** 32) ^ Math.floor(value / 2 ** 32);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) & 0xff;
}
