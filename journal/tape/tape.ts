import type Database from "better-sqlite3";
import { MalformedError } from "../format/bytes.ts";
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
  const cache = new SegmentCache(cacheBytes);

  function readSegment(
    first: number,
    start: number,
    end: number,
    target: Uint8Array,
    at: number,
  ): void {
    const known = cache.get(first);
    if (known !== undefined) {
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
      if (row.length === segmentBytes) cache.put(first, bytes);
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
    remember: (start, whole) => cache.put(start, whole),
  };
}

/** Whole segments by where they begin: those that were used last, up to a bound. */
export class SegmentCache {
  readonly #segments = new Map<number, Buffer>();
  readonly #most: number;

  constructor(bytes: number) {
    this.#most = Math.floor(bytes / segmentBytes);
  }

  get(start: number): Buffer | undefined {
    const known = this.#segments.get(start);
    if (known !== undefined) this.put(start, known);
    return known;
  }

  /** Gives the memory of a segment that is forgotten for this one, if any. */
  put(start: number, whole: Buffer): Buffer | undefined {
    this.#segments.delete(start);
    this.#segments.set(start, whole);
    if (this.#segments.size <= this.#most) return undefined;
    for (const [oldest, bytes] of this.#segments) {
      this.#segments.delete(oldest);
      return bytes;
    }
    return undefined;
  }
}
