import { promisedFrom, type TapePosition } from "../format/event.ts";
import type { TapeSpan } from "../format/redaction.ts";
import { type Promises, unread } from "../promises/promises.ts";

type ReadTape = (start: number, end: number, target: Uint8Array, at: number) => void;

/**
 * Returns a function that reads promised bytes: from the tape as far as fetches brought them there. It throws
 * JournalError for others unless they may come `from the host`.
 */
export function promisedReader(
  promises: Promises,
  readTape: ReadTape,
  others: "from the host" | undefined,
): (position: number, length: number, target: Uint8Array, at: number) => void {
  return (position, length, target, at) => {
    const end = position + length;
    for (let from = position; from < end;) {
      const found = promises.fetched(from);
      if (found === undefined) {
        const stop = promises.unfetched(from, end);
        if (others !== "from the host") throw unread(promises.file(from));
        promises.fromHost(from, stop - from, target, at + from - position);
        from = stop;
        continue;
      }
      const stop = Math.min(end, found.start + found.length);
      const tape = found.tape + from - found.start;
      readTape(tape, tape + stop - from, target, at + from - position);
      from = stop;
    }
  };
}

/** Yields the places on the tape of the bytes of a span that are there: promised ones are where they were fetched to. */
export function* placesOnTape(promises: Promises, span: TapeSpan): Generator<TapeSpan> {
  if (span.start < promisedFrom) return yield span;
  const end = span.start + span.length;
  for (let from = span.start; from < end;) {
    const found = promises.fetched(from);
    const stop =
      found === undefined
        ? promises.unfetched(from, end)
        : Math.min(end, found.start + found.length);
    if (found !== undefined)
      yield { start: (found.tape + from - found.start) as TapePosition, length: stop - from };
    from = stop as TapePosition;
  }
}
