import type { RetainedSpan } from "../format/base.ts";
import type { RedactedRow } from "../format/redaction.ts";
import { firstWhere } from "../interface/search.ts";

/** A span of the tape that a state needs, and the inode that it belongs to. */
export interface UsedSpan {
  readonly start: number;
  readonly length: number;
  readonly ino: number;
}

interface Interval {
  readonly start: number;
  readonly end: number;
  readonly owner: string;
}

/**
 * Returns the spans of the tape before `end` that a compaction must keep, in order. Cuts them wherever the set of
 * inodes that use them changes, so that one file's bytes can be redacted later. Keeps a redacted span whole, with the
 * digest of its former bytes.
 */
export function retainedSpans(
  used: Iterable<UsedSpan>,
  redacted: readonly RedactedRow[],
  end: number,
  digest: (start: number, end: number) => Buffer,
): RetainedSpan[] {
  const intervals: Interval[] = [];
  for (const { start, length, ino } of used) {
    if (start < end)
      intervals.push({ start, end: Math.min(start + length, end), owner: String(ino) });
  }
  const pieces = [...sweep(intervals)];
  const removed = redacted.filter(({ start, length }) => isTouched(pieces, start, start + length));
  const rows: RetainedSpan[] = removed.map(({ start, length, digest: was }) => ({
    start,
    length,
    digest: was,
  }));
  for (const { start, end: stop } of without(pieces, removed))
    rows.push({ start, length: stop - start, digest: digest(start, stop) });
  return rows.sort((one, other) => one.start - other.start);
}

function isTouched(pieces: readonly Interval[], start: number, end: number): boolean {
  const first = firstWhere(0, pieces.length - 1, (at) => (pieces[at]?.end ?? 0) > start);
  return first !== undefined && (pieces[first]?.start ?? end) < end;
}

/** Yields intervals that do not overlap, each with all its owners; neighbours with the same owners are joined. */
function* sweep(intervals: readonly Interval[]): Generator<Interval> {
  const edges = intervals
    .flatMap(({ start, end, owner }) => [
      { at: start, owner, by: 1 },
      { at: end, owner, by: -1 },
    ])
    .sort((one, other) => one.at - other.at);
  const open = new Map<string, number>();
  let held: Interval | undefined;
  let from = 0;
  for (const { at, owner, by } of edges) {
    if (at > from && open.size > 0) {
      const owners = [...open.keys()].sort().join();
      if (held?.end === from && held.owner === owners) held = { ...held, end: at };
      else {
        if (held !== undefined) yield held;
        held = { start: from, end: at, owner: owners };
      }
    }
    from = at;
    const count = (open.get(owner) ?? 0) + by;
    if (count === 0) open.delete(owner);
    else open.set(owner, count);
  }
  if (held !== undefined) yield held;
}

/** Yields the intervals, in order, without the parts that the rows cover; both are sorted. */
function* without(
  intervals: Iterable<Interval>,
  rows: readonly Pick<RedactedRow, "start" | "length">[],
): Generator<Interval> {
  let next = 0;
  for (const interval of intervals) {
    let { start } = interval;
    for (let at = next; at < rows.length; at += 1) {
      const row = rows[at];
      if (row === undefined || row.start >= interval.end) break;
      const stop = row.start + row.length;
      if (stop <= start) {
        next = at + 1;
        continue;
      }
      if (row.start > start) yield { ...interval, start, end: row.start };
      start = Math.max(start, stop);
    }
    if (start < interval.end) yield { ...interval, start };
  }
}
