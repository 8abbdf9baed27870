import type Database from "better-sqlite3";
import { MalformedError } from "../format/bytes.ts";
import type { TapePosition } from "../format/event.ts";
import type { RowSource } from "../interface/row-source.ts";
import { bytesOf, type SegmentRow, segmentBytes } from "./segment.ts";
import type { SpoolFile } from "./spool-file.ts";

/** Reads the committed part of the tape, and keeps a bounded number of segments in memory. */
export interface Tape {
  /** Copies bytes start..end of the tape into `target` at `at`. Throws MalformedError if they are missing. */
  read(start: number, end: number, target: Uint8Array, at: number): void;
  /**
   * Adds a whole segment to the cache when it is sealed, so that it need not be read again. Returns the memory of the
   * segment that it drops, if any.
   */
  remember(start: number, whole: Buffer): Buffer | undefined;
}

export interface TapeOptions {
  /** Brings segments that are not in the file; without it, all are. */
  readonly rows?: RowSource | undefined;
  /** Takes segments that are read again after memory dropped them; the caller closes it. */
  readonly spool?: SpoolFile | undefined;
  /** Tells if what is kept of the tape may be gone from the file by now, as others may write it anew. */
  readonly isRewritten?: () => boolean;
}

export function openTape(
  db: Database.Database,
  cacheBytes: number,
  { rows, spool, isRewritten }: TapeOptions = {},
): Tape {
  const rowsBetween = db.prepare<[number, number, number], SegmentRow>(
    "SELECT start, length, coding, crc, bytes FROM segment WHERE start >= ? AND start < ? AND start + length > ? ORDER BY start",
  );
  const cache = new SegmentCache(cacheBytes);
  /** The starts of segments that were decoded before. */
  const decoded = new Set<number>();

  function keep(start: number, whole: Buffer): void {
    if (spool !== undefined && decoded.has(start)) {
      spool.makeRoomFor(segmentBytes);
      if (spool.put(start, whole)) return;
    }
    if (decoded.size >= mostRemembered) decoded.clear();
    decoded.add(start);
    cache.put(start, whole);
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
      target.set(known.subarray(start - first, end - first), at);
      return;
    }
    if (spool?.has(first) === true) {
      spool.read(start, end, target, at);
      return;
    }
    let reached = start;
    // One statement, so that a writer cannot seal the segment between two of its pieces.
    for (const row of rowsBetween.all(first, end, start)) {
      if (row.start > reached) break;
      const bytes = bytesOf(row);
      const stop = Math.min(end, row.start + row.length);
      target.set(bytes.subarray(reached - row.start, stop - row.start), at + reached - start);
      reached = stop;
      if (row.length === segmentBytes) keep(first, bytes);
    }
    if (reached < end) throw new MalformedError(`the tape has no byte ${reached}`);
  }

  function forget(): void {
    cache.clear();
    decoded.clear();
    spool?.clear();
  }

  return {
    read(start, end, target, at) {
      if (isRewritten?.() === true) forget();
      let from = start;
      let isAsked = false;
      while (from < end) {
        const first = from - (from % segmentBytes);
        const stop = Math.min(end, first + segmentBytes);
        if (rows !== undefined && !isAsked && !cache.has(first) && spool?.has(first) !== true) {
          isAsked = true;
          rows.tape([{ start: from as TapePosition, length: end - from }]);
        }
        readSegment(first, from, stop, target, at + from - start);
        from = stop;
      }
    },
    remember: (start, whole) => cache.put(start, whole),
  };
}

/** Bounds the memory for what was decoded: 16 GiB of tape. */
const mostRemembered = 65_536;

/** Caches the whole segments that were used last, by their start, up to a bound. */
export class SegmentCache {
  readonly #segments = new Map<number, Buffer>();
  readonly #most: number;

  constructor(bytes: number) {
    this.#most = Math.floor(bytes / segmentBytes);
  }

  has(start: number): boolean {
    return this.#segments.has(start);
  }

  get(start: number): Buffer | undefined {
    const known = this.#segments.get(start);
    if (known !== undefined) this.put(start, known);
    return known;
  }

  clear(): void {
    this.#segments.clear();
  }

  /** Returns the memory of the segment that this one replaces, if any. */
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
