import type Database from "better-sqlite3";
import { MalformedError } from "./bytes.ts";
import { bytesOf, type SegmentRow, segmentBytes } from "./segment.ts";

/** The committed part of the tape. Segments that were read stay in memory, up to a bound. */
export interface Tape {
  /** Copies bytes start..end of the tape into `target` at `at`. Throws MalformedError when they are not there. */
  read(start: number, end: number, target: Uint8Array, at: number): void;
  /**
   * Remembers the bytes of a whole segment that is being sealed, so that reading it again costs nothing. Gives the
   * memory of one that it forgets for it, if any.
   */
  remember(start: number, whole: Buffer): Buffer | undefined;
}

export function openTape(db: Database.Database, cacheBytes: number): Tape {
  const rowsBetween = db.prepare<[number, number, number], SegmentRow>(
    "SELECT start, length, coding, crc, bytes FROM segment WHERE start >= ? AND start < ? AND start + length > ? ORDER BY start",
  );
  const cache = new Map<number, Buffer>();
  const most = Math.floor(cacheBytes / segmentBytes);

  function remember(start: number, whole: Buffer): Buffer | undefined {
    cache.delete(start);
    cache.set(start, whole);
    if (cache.size <= most) return undefined;
    for (const [oldest, bytes] of cache) {
      cache.delete(oldest);
      return bytes;
    }
    return undefined;
  }

  function readSegment(
    first: number,
    start: number,
    end: number,
    target: Uint8Array,
    at: number,
  ): void {
    const known = cache.get(first);
    if (known !== undefined) {
      remember(first, known);
      target.set(known.subarray(start - first, end - first), at);
      return;
    }
    let reached = start;
    // One statement, so that a writer cannot seal the segment between two pieces of it.
    for (const row of rowsBetween.all(first, end, start)) {
      if (row.start > reached) break;
      const bytes = bytesOf(row);
      const stop = Math.min(end, row.start + row.length);
      target.set(bytes.subarray(reached - row.start, stop - row.start), at + reached - start);
      reached = stop;
      if (row.length === segmentBytes) remember(first, bytes);
    }
    if (reached < end) throw new MalformedError(`the tape has no byte ${reached}`);
  }

  return {
    read(start, end, target, at) {
      let from = start;
      while (from < end) {
        const first = from - (from % segmentBytes);
        const stop = Math.min(end, first + segmentBytes);
        readSegment(first, from, stop, target, at + from - start);
        from = stop;
      }
    },
    remember,
  };
}
