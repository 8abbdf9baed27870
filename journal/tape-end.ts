import type Database from "better-sqlite3";
import { raw, sealed, type SegmentRow, segmentBytes } from "./segment.ts";
import type { Tape } from "./tape.ts";

/** The growing end of the tape: the segment that is not yet full, and what was taken since the last commit. */
export interface TapeEnd {
  /** Length of the whole tape, with what is not committed yet. */
  length(): number;
  append(bytes: Uint8Array): void;
  /** Copies bytes start..end of the tape, committed or not, into `target` at `at`. */
  read(start: number, end: number, target: Uint8Array, at: number): void;
  /** Writes what is new into the file; for use in a transaction. May be called again when that one failed. */
  write(): void;
  /** To be called when the transaction around `write` is committed. */
  settle(): void;
}

/** `length` is that of the committed tape. */
export function openTapeEnd(db: Database.Database, tape: Tape, length: number): TapeEnd {
  const insert = db.prepare<[number, number, number, number, Buffer]>(
    "INSERT INTO segment VALUES (?, ?, ?, ?, ?)",
  );
  const removePieces = db.prepare<[number, number]>(
    "DELETE FROM segment WHERE start >= ? AND start < ?",
  );
  /** Segments from `first` on, each of full size; the last is filled up to `taken`. */
  const segments: Buffer[] = [];
  let first = length - (length % segmentBytes);
  let committed = length;
  let taken = length;

  if (committed > first) tape.read(first, committed, segmentAt(first), 0);

  function segmentAt(start: number): Buffer {
    const index = (start - first) / segmentBytes;
    return (segments[index] ??= Buffer.allocUnsafeSlow(segmentBytes));
  }

  function put(row: SegmentRow): void {
    insert.run(row.start, row.length, row.coding, row.crc, row.bytes);
  }

  return {
    length: () => taken,
    append(bytes) {
      for (let done = 0; done < bytes.length;) {
        const within = taken % segmentBytes;
        const count = Math.min(bytes.length - done, segmentBytes - within);
        segmentAt(taken - within).set(bytes.subarray(done, done + count), within);
        done += count;
        taken += count;
      }
    },
    read(start, end, target, at) {
      if (start < first) tape.read(start, Math.min(end, first), target, at);
      for (let from = Math.max(start, first); from < end;) {
        const within = from % segmentBytes;
        const count = Math.min(end - from, segmentBytes - within);
        target.set(segmentAt(from - within).subarray(within, within + count), at + from - start);
        from += count;
      }
    },
    write() {
      for (let start = first; start < taken; start += segmentBytes) {
        const segment = segmentAt(start);
        if (start + segmentBytes <= taken) {
          if (committed > start) removePieces.run(start, start + segmentBytes);
          put(sealed(start, segment));
        } else if (taken > committed) {
          const from = Math.max(start, committed);
          put(raw(from, segment.subarray(from - start, taken - start)));
        }
      }
    },
    settle() {
      committed = taken;
      while (first + segmentBytes <= taken) {
        const full = segments.shift();
        if (full !== undefined) tape.remember(first, full);
        first += segmentBytes;
      }
    },
  };
}
