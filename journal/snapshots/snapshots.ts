import type Database from "better-sqlite3";
import { hash } from "node:crypto";
import { journalId } from "../file/connection.ts";
import { Damage } from "../file/damage.ts";
import type { Seq } from "../format/event.ts";
import type { SnapshotStore, StoredSnapshot } from "../interface/snapshot-store.ts";
import { pack, packSealed, pageDigest, sealIn, unpack } from "./packed.ts";
import { openSeal } from "./seal.ts";
import type { RowSource } from "../interface/row-source.ts";
import { translating } from "../interface/storage-error.ts";

/** A journal's file, and the connection that writes snapshots to it. */
export interface SnapshotFile {
  readonly file: string;
  readonly id: string;
  readonly db: Database.Database;
  /** Opens that connection when it is first needed: a reader's own one cannot write. Throws JournalError. */
  writing(this: void): Database.Database;
  /** Brings snapshots and pages that are not in the file; without it, all are. */
  readonly rows?: RowSource | undefined;
}

/**
 * Opens the snapshots in a journal's file. It returns bytes only if their digest is right and this user stored them for
 * exactly these events: a journal from elsewhere may hold anything.
 */
export function openSnapshots({ file, id, db, writing, rows }: SnapshotFile): SnapshotStore {
  const list = db.prepare<[], StoredSnapshot>("SELECT seq, base FROM snapshot ORDER BY seq");
  const last = db.prepare<[], Seq>("SELECT ifnull(max(seq), 0) FROM snapshot").pluck();
  const find = db.prepare<[number], SnapshotRow>(
    "SELECT seq, base, digest, bytes FROM snapshot WHERE seq = ?",
  );
  const findPage = db
    .prepare<[Buffer], Buffer>("SELECT bytes FROM snapshot_page WHERE digest = ?")
    .pluck();
  const insert = prepared(writing, (own) =>
    own.prepare<[number, number, Buffer, Buffer]>(
      "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)",
    ),
  );
  const insertPage = prepared(writing, (own) =>
    own.prepare<[Buffer, Buffer]>("INSERT OR IGNORE INTO snapshot_page VALUES (?, ?)"),
  );
  const remove = prepared(writing, (own) =>
    own.prepare<[number]>("DELETE FROM snapshot WHERE seq = ?"),
  );
  const countPages = db.prepare<[], number>("SELECT count(*) FROM snapshot_page").pluck();
  const sizes = db.prepare<[], { snapshots: number; pages: number }>(
    `SELECT (SELECT ifnull(sum(length(bytes) + ${rowBytes}), 0) FROM snapshot) AS snapshots,
      (SELECT ifnull(sum(length(bytes) + ${rowBytes}), 0) FROM snapshot_page) AS pages`,
  );
  const commit = db
    .prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq >= ? ORDER BY seq LIMIT 1")
    .pluck();
  const seal = openSeal();
  const reading = <T>(act: () => T): T => translating("read", file, act);

  /** Names a snapshot and, by the chain's digest, all events up to it. */
  function sealed(snapshot: StoredSnapshot): string {
    return sealedText(id, snapshot, commit.get(snapshot.seq));
  }

  function isVouched(row: SnapshotRow): boolean {
    const found = sealIn(row.bytes);
    return found !== undefined && seal.fits(found.seal, sealed(row), found.packed);
  }

  function read(seq: Seq, whose: "own" | "any"): Uint8Array | undefined {
    rows?.snapshots([seq]);
    const bytes = readHere(seq, whose);
    if (bytes !== undefined || rows?.isDamaged === undefined) return bytes;
    rows.isDamaged({ snapshot: seq });
    rows.snapshots([seq]);
    return readHere(seq, whose);
  }

  function readHere(seq: Seq, whose: "own" | "any"): Uint8Array | undefined {
    const row = find.get(seq);
    if (row === undefined) return undefined;
    if (whose === "any") return snapshotBytes(row, id);
    // The seal covers all that the digest does, but for how they are packed: taken for the other way, the bytes of none
    // begin with a version.
    return isVouched(row) ? unpack(row.bytes) : undefined;
  }

  function pageHere(digest: string): Uint8Array | undefined {
    const key = Buffer.from(digest, "hex");
    const bytes = findPage.get(key);
    return bytes === undefined ? undefined : pageBytes(key, bytes);
  }

  return {
    list: () => reading(() => [...inOrder(list.iterate())]),
    last: () => reading(() => last.get() ?? (0 as Seq)),
    read: (seq) => reading(() => read(seq, "own")),
    readAny: (seq) => reading(() => read(seq, "any")),
    readPage: (digest) =>
      reading(() => {
        rows?.snapshotPages([digest]);
        const page = pageHere(digest);
        if (page !== undefined || rows?.isDamaged === undefined) return page;
        rows.isDamaged({ page: digest });
        rows.snapshotPages([digest]);
        return pageHere(digest);
      }),
    ...(rows === undefined ? {} : expecting(rows, reading)),
    transact: (act) => translating("write", file, () => writing().transaction(act).immediate()),
    put({ seq, base }, bytes, replaced) {
      if (replaced !== undefined) remove().run(replaced);
      const digest = digestOf(id, seq, base, bytes);
      const packed = packSealed(bytes, (made) => seal.of(sealed({ seq, base }), made));
      insert().run(seq, base, digest, packed);
      return packed.length + rowBytes;
    },
    putPage(bytes) {
      const digest = pageDigest(bytes);
      insertPage().run(digest, pack(bytes));
      return digest.toString("hex");
    },
    pages: () => reading(() => countPages.get() ?? 0),
    digest: (page) => pageDigest(page).toString("hex"),
    clear: () =>
      translating("write", file, () => {
        const own = writing();
        own
          .transaction(() => own.exec("DELETE FROM snapshot; DELETE FROM snapshot_page"))
          .immediate();
      }),
    sizes: () =>
      reading(() => {
        const { snapshots, pages } = sizes.get() ?? { snapshots: 0, pages: 0 };
        const count = Number(db.pragma("page_count", { simple: true }));
        const pageSize = Number(db.pragma("page_size", { simple: true }));
        return { snapshots: snapshots + pages, journal: count * pageSize };
      }),
  };
}

/** Returns the text that a seal binds a snapshot to; `commit` is the digest of the commit with its event. */
export function sealedText(id: string, { seq, base }: StoredSnapshot, commit: unknown): string {
  return `${id} ${seq} ${base} ${Buffer.isBuffer(commit) ? commit.toString("hex") : ""}`;
}

/** Has what is read next fetched at once. */
function expecting(
  rows: RowSource,
  reading: <T>(act: () => T) => T,
): Pick<SnapshotStore, "expect" | "expectPages"> {
  return {
    expect: (seqs, upTo) => reading(() => rows.snapshots(seqs, upTo)),
    expectPages: (digests, likely) => reading(() => rows.snapshotPages(digests, likely)),
  };
}

/**
 * Invariant J15: the bytes of every snapshot and page have their digest. Whether they hold the right state is checked
 * in src/history, which makes it again.
 */
export function checkSnapshots(db: Database.Database): void {
  const id = journalId(db);
  const rows = db.prepare<[], SnapshotRow>(
    "SELECT seq, base, digest, bytes FROM snapshot ORDER BY seq",
  );
  for (const row of rows.iterate()) {
    if (snapshotBytes(row, id) === undefined)
      throw new Damage(`the stored snapshot is damaged (${redone})`, row.seq);
  }
  const pages = db.prepare<[], { digest: Buffer; bytes: Buffer }>(
    "SELECT digest, bytes FROM snapshot_page",
  );
  for (const { digest, bytes } of pages.iterate()) {
    if (pageBytes(digest, bytes) === undefined)
      throw new Damage(`a page of a stored snapshot is damaged (${redone})`);
  }
}

/** Yields the rows that are possible: in a damaged file a table may hold rows of another one, or in another order. */
function* inOrder(rows: Iterable<StoredSnapshot>): Iterable<StoredSnapshot> {
  let last = -1;
  for (const row of rows) {
    const { seq, base } = row;
    if (!Number.isSafeInteger(base) || base < 0 || base > seq || seq <= last) continue;
    last = seq;
    yield row;
  }
}

const redone = "no event is: snapshots are made again from them";

interface SnapshotRow extends StoredSnapshot {
  readonly digest: Buffer;
  readonly bytes: Buffer;
}

/** Bytes that a row takes beside its content: digest, numbers, SQLite's own. */
const rowBytes = 40;

/** Prepares a statement when it is first run. */
function prepared<T>(
  writing: () => Database.Database,
  prepare: (db: Database.Database) => T,
): () => T {
  let statement: T | undefined;
  return () => (statement ??= prepare(writing()));
}

function snapshotBytes(row: SnapshotRow, id: string): Buffer | undefined {
  const bytes = unpack(row.bytes);
  if (bytes === undefined) return undefined;
  const { seq, base, digest } = row;
  return Buffer.isBuffer(digest) && digestOf(id, seq, base, bytes).equals(digest)
    ? bytes
    : undefined;
}

/** Returns the bytes of a page; undefined where they are not those that its digest is of. */
export function pageBytes(digest: Buffer, packed: unknown): Buffer | undefined {
  const bytes = unpack(packed);
  return bytes !== undefined && pageDigest(bytes).equals(digest) ? bytes : undefined;
}

/** Binds a snapshot to its journal and to its place there. */
function digestOf(id: string, seq: Seq, base: Seq, bytes: Uint8Array): Buffer {
  const head = Buffer.from(`snapshot ${id} ${seq} ${base}\n`);
  return hash("sha256", Buffer.concat([head, bytes]), "buffer");
}
