import Database from "better-sqlite3";
import { connectWriter, journalId } from "../file/connection.ts";
import { MalformedError } from "../format/bytes.ts";
import { fillRedacted, openRedactedSpans } from "../format/redaction.ts";
import { birthOf } from "../format/schema.ts";
import { failure } from "../interface/storage-error.ts";
import { bytesOf, raw, type SegmentRow } from "../tape/segment.ts";
import type { PlaceRow, PostingPairs } from "./parts.ts";
import { type Frame, openPutEvents } from "./put-events.ts";
import { openPutSnapshots } from "./put-snapshots.ts";
import { viewPutter } from "./put-view.ts";
import type { DecodedView } from "./view.ts";

/** A file that holds a part of a journal's rows: journal/DESIGN.md, section 13. Puts rows there. */
export interface SparseFile {
  /**
   * Puts what a view says. Throws MalformedError if the view's chain is not that of the view before: the journal would
   * have another past.
   */
  install(view: DecodedView): void;
  /** Puts events that have no place, each behind its length. A frame proves them when it comes. */
  putPlaceless(events: Buffer): void;
  /** Tells whether the events of a frame are here. */
  hasFrame(first: number, last: number): boolean;
  /** Puts events, once their commits have the digests of the chain. Throws MalformedError. */
  putFrame(frame: Frame): void;
  /** Tells whether the places of a part are here. */
  hasPlaces(first: number, last: number): boolean;
  /** Puts places as they are given: the digest of their part is checked before. */
  putPlaces(rows: readonly PlaceRow[]): void;
  /** Tells whether a part of a list of the index is here. */
  hasPostings(list: number, part: number): boolean;
  /** Puts rows of the index as they are given: the digest of their part is checked before. */
  putPostings(list: number, part: number, rows: readonly PostingPairs[]): void;
  /** Tells whether these bytes of the tape are here. */
  hasPiece(start: number, length: number): boolean;
  /** Puts a piece of the tape, without the bytes that were redacted. */
  putPiece(piece: SegmentRow): void;
  /** Tells whether the bytes of a snapshot are here. */
  hasSnapshot(seq: number): boolean;
  /** Puts a snapshot: its digest, and its bytes without a seal. */
  putSnapshot(seq: number, digest: Buffer, bytes: Buffer): void;
  /** Tells whether a page is here. */
  hasPage(digest: string): boolean;
  /** Puts a page as it is given: whoever reads a page holds it to its digest. */
  putPage(digest: string, bytes: Buffer): void;
  /** Removes the bytes of a snapshot or a page. */
  drop(row: { readonly snapshot: number } | { readonly page: string }): void;
  /** Does all that `act` does in one transaction. */
  together(act: () => void): void;
  close(): void;
}

/** Looks at all pages of such a file. Throws JournalError, or SQLite's error, for one that is damaged. */
export function requireWhole(file: string): void {
  const db = new Database(file, { readonly: true });
  try {
    const said = db.pragma("quick_check(1)", { simple: true });
    if (said !== "ok") throw failure("damaged", "read", file, String(said));
  } finally {
    db.close();
  }
}

/** Opens the file, which nobody else writes but other processes in the same way, and makes it if it is missing. */
export function openSparse(file: string, view: DecodedView): SparseFile {
  const db = connectWriter(file, BigInt(view.created), view.id, "some");
  try {
    if (journalId(db) !== view.id || birthOf(db).toString() !== view.created)
      throw new MalformedError("it is another journal");
    // All of it can be had again.
    db.pragma("synchronous = OFF");
    db.pragma("secure_delete = ON");
    db.pragma("busy_timeout = 10000");
    return sparse(db, view.id);
  } catch (error) {
    db.close();
    throw error;
  }
}

function sparse(db: Database.Database, id: string): SparseFile {
  const events = openPutEvents(db);
  const install = viewPutter(db, events.putPlaceless);
  return {
    install: (view) => db.transaction(() => install(view)).immediate(),
    ...events,
    ...openPutPlaces(db),
    ...openPutPostings(db),
    ...openPutPieces(db),
    ...openPutSnapshots(db, id),
    together: (act) => db.transaction(act).immediate(),
    close: () => void db.close(),
  };
}

function openPutPlaces(db: Database.Database): Pick<SparseFile, "hasPlaces" | "putPlaces"> {
  const count = db
    .prepare<[number, number], number>("SELECT count(*) FROM place WHERE id BETWEEN ? AND ?")
    .pluck();
  const put = db.prepare<[number, number, string]>("INSERT OR REPLACE INTO place VALUES (?, ?, ?)");
  return {
    hasPlaces: (first, last) => count.get(first, last) === last - first + 1,
    putPlaces(rows) {
      for (const row of rows) put.run(...row);
    },
  };
}

function openPutPostings(db: Database.Database): Pick<SparseFile, "hasPostings" | "putPostings"> {
  const find = db.prepare<[number, number]>(
    "SELECT 1 FROM posting WHERE list = ? AND part = ? LIMIT 1",
  );
  const put = db.prepare<unknown[]>("INSERT OR REPLACE INTO posting VALUES (?, ?, ?, ?, ?)");
  return {
    hasPostings: (list, part) => find.get(list, part) !== undefined,
    putPostings(list, part, rows) {
      for (const [key, value, bytes] of rows) put.run(list, part, key, value, bytes);
    },
  };
}

function openPutPieces(db: Database.Database): Pick<SparseFile, "hasPiece" | "putPiece"> {
  const spans = openRedactedSpans(db);
  const find = db.prepare<[number, number]>("SELECT 1 FROM segment WHERE start = ? AND length = ?");
  const put = db.prepare<unknown[]>("INSERT OR REPLACE INTO segment VALUES (?, ?, ?, ?, ?)");

  /** Puts what a redacted span reads as over its bytes. */
  function hidden(piece: SegmentRow): SegmentRow {
    const stop = piece.start + piece.length;
    const within = spans.within(piece.start, stop);
    if (within.length === 0) return piece;
    const bytes = Buffer.from(bytesOf(piece));
    for (const { start, length } of within) {
      const [from, to] = [Math.max(start, piece.start), Math.min(start + length, stop)];
      fillRedacted(bytes.subarray(from - piece.start, to - piece.start), from - start);
    }
    return raw(piece.start, bytes);
  }

  return {
    hasPiece: (start, length) => find.get(start, length) !== undefined,
    putPiece(piece) {
      const { start, length, coding, crc, bytes } = hidden(piece);
      put.run(start, length, coding, crc, bytes);
    },
  };
}
