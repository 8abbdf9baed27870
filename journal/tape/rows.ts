import type Database from "better-sqlite3";
import { raw, sealed, type SegmentRow, segmentBytes } from "./segment.ts";
import type { TapeEnd } from "./end.ts";

/** Returns a function that writes the new bytes of a tape into the file, within a transaction. */
export function openTapeRows(db: Database.Database): (end: TapeEnd) => void {
  const insert = db.prepare<[number, number, number, number, Buffer]>(
    "INSERT INTO segment VALUES (?, ?, ?, ?, ?)",
  );
  const removePieces = db.prepare<[number, number]>(
    "DELETE FROM segment WHERE start >= ? AND start < ?",
  );

  function put(row: SegmentRow): void {
    insert.run(row.start, row.length, row.coding, row.crc, row.bytes);
  }

  return (end) => {
    const [committed, taken] = [end.committed(), end.length()];
    for (let start = committed - (committed % segmentBytes); start < taken; start += segmentBytes) {
      const segment = end.segmentAt(start);
      if (start + segmentBytes <= taken) {
        if (committed > start) removePieces.run(start, start + segmentBytes);
        put(sealed(start, segment));
      } else if (taken > committed) {
        const from = Math.max(start, committed);
        put(raw(from, segment.subarray(from - start, taken - start)));
      }
    }
  };
}
