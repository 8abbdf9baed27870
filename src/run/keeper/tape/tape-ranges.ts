import type { Keeper } from "../../../../journal/index.ts";
import type { TapeRange } from "../../../fs/index.ts";

/** Pieces of the tape that a guest may read, in order, and where its own bytes begin: at `own`. */
export interface ReadableTape {
  ranges: readonly TapeRange[];
  readonly own: number;
}

/**
 * Puts bytes start..end of the tape into `bytes`, which has that length, as a guest's process may see them: those in
 * `tape`'s ranges, and its own. All others are zeros.
 */
export function fillFor(
  keeper: Pick<Keeper, "readTape">,
  { ranges, own }: ReadableTape,
  start: number,
  end: number,
  bytes: Buffer,
): Buffer {
  // Most questions are for its own bytes.
  if (start >= own) return keeper.readTape(start, end, bytes);
  const put = (from: number, to: number): void => {
    if (from < to) keeper.readTape(from, to, bytes.subarray(from - start, to - start));
  };
  bytes.fill(0);
  for (let index = firstEndingAfter(ranges, start); index < ranges.length; index += 1) {
    const range = ranges[index];
    if (range === undefined || range.start >= end) break;
    put(Math.max(range.start, start), Math.min(range.end, end));
  }
  put(Math.max(own, start), end);
  return bytes;
}

/** Returns the parts of ranges, which are in order, that lie from `start` to `end`. */
export function rangesWithin(
  ranges: readonly TapeRange[],
  start: number,
  end: number,
): TapeRange[] {
  const found: TapeRange[] = [];
  for (let index = firstEndingAfter(ranges, start); index < ranges.length; index += 1) {
    const range = ranges[index];
    if (range === undefined || range.start >= end) break;
    found.push({ start: Math.max(range.start, start), end: Math.min(range.end, end) });
  }
  return found;
}

function firstEndingAfter(ranges: readonly TapeRange[], position: number): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.end ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
