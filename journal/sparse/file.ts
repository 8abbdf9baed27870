import Database from "better-sqlite3";
import { connectWriter, journalId } from "../file/connection.ts";
import { columnOfText } from "../format/byte-text.ts";
import { MalformedError } from "../format/bytes.ts";
import { commitHash, genesis } from "../format/chain.ts";
import type { Event } from "../format/event.ts";
import { bytesAdded, kinds } from "../format/kinds.ts";
import type { StoredSnapshot } from "../interface/snapshot-store.ts";
import { failure } from "../interface/storage-error.ts";
import { fillRedacted, openRedactedSpans } from "../format/redaction.ts";
import { columnsOf, movedColumnsOf, type Place } from "../format/row.ts";
import { birthOf } from "../format/schema.ts";
import { eventsOf, type PackedEvent } from "../pack/pack.ts";
import { sealedAgain } from "../snapshots/packed.ts";
import { openSeal } from "../snapshots/seal.ts";
import { sealedText } from "../snapshots/snapshots.ts";
import { bytesOf, raw, type SegmentRow } from "../tape/segment.ts";
import type { PlaceRow, PostingPairs } from "./parts.ts";
import type { DecodedView } from "./view.ts";

/** Events that a frame brings, and what they must follow on. */
export interface Frame {
  readonly first: number;
  readonly last: number;
  /** Length of the tape before the first event. */
  readonly tape: number;
  /** The events as a pack has them, unpacked. */
  readonly events: Buffer;
  /** Numbers of their places: for each event its own, or 0, and for one that moves something a second one. */
  readonly numbers: readonly number[];
}

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
    return sparse(db, view);
  } catch (error) {
    db.close();
    throw error;
  }
}

function sparse(db: Database.Database, { id, created }: DecodedView): SparseFile {
  const birth = birthOf(db);
  const seal = openSeal();
  const spans = openRedactedSpans(db);
  const all = <T extends unknown[]>(sql: string) => db.prepare<T>(sql);
  const one = <T extends unknown[]>(sql: string) => db.prepare<T, number>(sql).pluck();
  const chainAt = db.prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?").pluck();
  const commitOf = db
    .prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq >= ? ORDER BY seq LIMIT 1")
    .pluck();
  const putChain = all<[number, Buffer]>("INSERT OR IGNORE INTO chain VALUES (?, ?)");
  const putRedacted = all<[number, number, number, Buffer]>(
    "INSERT OR IGNORE INTO redacted VALUES (?, ?, ?, ?)",
  );
  const putEvent = all<unknown[]>(
    "INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const putControl = all<unknown[]>(
    "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const putMoved = all<unknown[]>("INSERT OR REPLACE INTO moved VALUES (?, ?, ?, ?, ?)");
  const putPlace = all<[number, number, string]>("INSERT OR REPLACE INTO place VALUES (?, ?, ?)");
  const putPosting = all<unknown[]>("INSERT OR REPLACE INTO posting VALUES (?, ?, ?, ?, ?)");
  const putSegment = all<unknown[]>("INSERT OR REPLACE INTO segment VALUES (?, ?, ?, ?, ?)");
  const listSnapshot = all<[number, number]>(
    "INSERT OR IGNORE INTO snapshot VALUES (?, ?, x'', x'')",
  );
  const putSnapshot = all<[Buffer, Buffer, number]>(
    "UPDATE snapshot SET digest = ?, bytes = ? WHERE seq = ?",
  );
  const dropSegments = all<[number, number]>(
    "DELETE FROM segment WHERE start < ? AND start + length > ?",
  );
  const emptySnapshot = all<[number]>(
    "UPDATE snapshot SET digest = x'', bytes = x'' WHERE seq = ?",
  );
  const dropPage = all<[Buffer]>("DELETE FROM snapshot_page WHERE digest = ?");
  const dropSnapshot = all<[number]>("DELETE FROM snapshot WHERE seq = ?");
  const putPage = all<[Buffer, Buffer]>("INSERT OR IGNORE INTO snapshot_page VALUES (?, ?)");
  const lastCommit = one<[]>("SELECT ifnull(max(seq), 0) FROM chain");
  const countEvents = one<[number, number]>("SELECT count(*) FROM event WHERE seq BETWEEN ? AND ?");
  const countPlaces = one<[number, number]>("SELECT count(*) FROM place WHERE id BETWEEN ? AND ?");
  const findPosting = one<[number, number]>(
    "SELECT 1 FROM posting WHERE list = ? AND part = ? LIMIT 1",
  );
  const findSegment = one<[number, number]>("SELECT 1 FROM segment WHERE start = ? AND length = ?");
  const findSnapshot = one<[number]>("SELECT 1 FROM snapshot WHERE seq = ? AND bytes <> x''");
  const findPage = one<[Buffer]>("SELECT 1 FROM snapshot_page WHERE digest = ?");
  const listed = db.prepare<[], StoredSnapshot>("SELECT seq, base FROM snapshot");
  const rowAt = db.prepare<[number], StoredSnapshot>(
    "SELECT seq, base FROM snapshot WHERE seq = ?",
  );

  function rowOf(event: Event, tapeAfter: number, place: number | null): unknown[] {
    const { parent, start, size, detail, process } = columnsOf(event);
    const { seq, time, run, kind } = event;
    const code = kinds[kind].code;
    const since = time - birth;
    if (since !== BigInt.asIntN(64, since))
      throw new MalformedError(`event ${seq} is at no time that there is`);
    return [seq, since, run, code, tapeAfter, place, parent, start, size, detail, process];
  }

  function putPlaceOf({ ino, path }: Place, number: number | undefined): number {
    if (number === undefined || number < 1)
      throw new MalformedError("an event has no number of its place");
    putPlace.run(number, ino, columnOfText(path));
    return number;
  }

  function putPlaceless(events: Buffer): void {
    const last = lastCommit.get() ?? 0;
    let before = 0;
    for (const { event, tapeAfter } of eventsOf({ events })) {
      if (event.seq <= before || event.seq > last || columnsOf(event).place !== null)
        throw new MalformedError("the events of a view are not those of runs");
      before = event.seq;
      putControl.run(...rowOf(event, tapeAfter, null));
    }
  }

  function install({ packs, controls, snapshots }: DecodedView): void {
    for (const [index, pack] of packs.entries()) {
      const start = index === 0 ? [{ seq: 0, digest: genesis(id, created) }] : [];
      if (index === 0 && start[0]?.digest.equals(pack.before) !== true)
        throw new MalformedError("its chain does not begin as its id says");
      for (const { seq, digest } of [...start, ...pack.commits]) {
        const known = chainAt.get(seq) as unknown;
        if (known !== undefined && (!Buffer.isBuffer(known) || known.length !== digest.length))
          throw failure("damaged", "read", db.name, `event ${seq} has no digest there`);
        if (known !== undefined && !known.equals(digest))
          throw new MalformedError(`its past changed: event ${seq} has another digest than before`);
        if (known === undefined) putChain.run(seq, digest);
      }
      for (const span of pack.redacted) {
        const { changes } = putRedacted.run(span.start, span.length, span.run, span.digest);
        // Bytes that were fetched before they were redacted are not kept.
        if (changes > 0) dropSegments.run(span.start + span.length, span.start);
      }
    }
    putPlaceless(controls);
    const wanted = new Map(snapshots.map(({ seq, base }) => [seq, base]));
    for (const { seq, base } of listed.all()) if (wanted.get(seq) !== base) dropSnapshot.run(seq);
    for (const { seq, base } of snapshots) listSnapshot.run(seq, base);
  }

  /** Returns the events of a frame, which are those that the chain tells of. */
  function proven({ first, last, tape, events }: Frame): PackedEvent[] {
    let digest = chainAt.get(first - 1);
    if (digest === undefined) throw new MalformedError(`no commit ends before event ${first}`);
    let hash = commitHash(digest);
    let [seq, length] = [first - 1, tape];
    const found: PackedEvent[] = [];
    for (const packed of eventsOf({ events })) {
      const { event, tapeAfter, start, stop } = packed;
      if (event.seq !== seq + 1 || tapeAfter !== length + bytesAdded(event))
        throw new MalformedError(`event ${event.seq} does not follow on event ${seq}`);
      [seq, length] = [event.seq, tapeAfter];
      found.push(packed);
      hash.update(events.subarray(start, stop));
      const commit = chainAt.get(seq);
      if (commit === undefined) continue;
      digest = hash.digest();
      if (!digest.equals(commit))
        throw new MalformedError(`the events up to ${seq} are not what the chain's digest says`);
      hash = commitHash(digest);
    }
    if (seq !== last || chainAt.get(last) === undefined)
      throw new MalformedError(`the events from ${first} to ${last} are not all there`);
    return found;
  }

  function putFrame(frame: Frame): void {
    const { numbers } = frame;
    let at = 0;
    for (const { event, tapeAfter } of proven(frame)) {
      const { place } = columnsOf(event);
      const number = numbers[at++];
      const moved = movedColumnsOf(event);
      if (moved !== undefined) {
        const to = putPlaceOf(moved.to, numbers[at++]);
        putMoved.run(event.seq, moved.toParent, to, moved.replaced, moved.kept);
      }
      putEvent.run(...rowOf(event, tapeAfter, place === null ? null : putPlaceOf(place, number)));
    }
    if (at !== numbers.length) throw new MalformedError("a frame has more places than events");
  }

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
    install: (view) => db.transaction(() => install(view)).immediate(),
    putPlaceless,
    hasFrame: (first, last) => countEvents.get(first, last) === last - first + 1,
    putFrame,
    hasPlaces: (first, last) => countPlaces.get(first, last) === last - first + 1,
    putPlaces: (rows) => {
      for (const row of rows) putPlace.run(...row);
    },
    hasPostings: (list, part) => findPosting.get(list, part) === 1,
    putPostings: (list, part, rows) => {
      for (const [key, value, bytes] of rows) putPosting.run(list, part, key, value, bytes);
    },
    hasPiece: (start, length) => findSegment.get(start, length) === 1,
    putPiece(piece) {
      const { start, length, coding, crc, bytes } = hidden(piece);
      putSegment.run(start, length, coding, crc, bytes);
    },
    hasSnapshot: (seq) => findSnapshot.get(seq) === 1,
    putSnapshot(seq, digest, bytes) {
      const row = rowAt.get(seq);
      if (row === undefined) return;
      const text = sealedText(id, row, commitOf.get(seq));
      putSnapshot.run(
        digest,
        sealedAgain(bytes, (packed) => seal.of(text, packed)),
        seq,
      );
    },
    hasPage: (digest) => findPage.get(Buffer.from(digest, "hex")) === 1,
    putPage: (digest, bytes) => void putPage.run(Buffer.from(digest, "hex"), bytes),
    drop(row) {
      if ("page" in row) dropPage.run(Buffer.from(row.page, "hex"));
      else emptySnapshot.run(row.snapshot);
    },
    together: (act) => db.transaction(act).immediate(),
    close: () => void db.close(),
  };
}
