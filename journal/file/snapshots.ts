import type Database from "better-sqlite3";
import { hash } from "node:crypto";
import { MalformedError } from "../format/bytes.ts";
import { journalId } from "./connection.ts";
import { Damage } from "./damage.ts";
import type { Seq } from "../format/event.ts";
import { databaseOf } from "../format/handle.ts";
import type { Journal } from "../format/journal.ts";
import { pack, packSealed, pageDigest, sealIn, unpack } from "./packed.ts";
import { openSeal } from "./seal.ts";
import { translating } from "../format/storage-error.ts";

/** A stored snapshot: what changed since the one before it, or (where `base` is `seq`) a whole state. */
export interface StoredSnapshot {
  readonly seq: Seq;
  /** The whole state that it builds on, with the snapshots between. */
  readonly base: Seq;
}

/**
 * Snapshots as the journal keeps them, for those who know what is in them. They are a cache: derivable from the events,
 * and nothing is lost when they are. Bytes are only given when their digest is right, and when this user stored them for
 * just these events: what came with a journal from elsewhere may say anything. The first may be the state that a
 * compacted journal begins with, which is no cache: it stays, and where it is damaged reading it throws JournalError.
 */
export interface Snapshots {
  /** All that are stored, in order; without rows that damage made of something else. */
  list(): StoredSnapshot[];
  /** The last that is stored; 0 where none is. */
  last(): Seq;
  /** The bytes of the snapshot at `seq`; undefined when it is missing, damaged, or nobody vouches for it. */
  read(seq: Seq): Uint8Array | undefined;
  /** The same, whoever stored it: to be compared with what the events make. */
  readAny(seq: Seq): Uint8Array | undefined;
  /** The page with this digest (32 hex digits); undefined when it is missing or damaged. */
  readPage(digest: string): Uint8Array | undefined;
  /** Runs `act` in one transaction, which may put snapshots and pages. Throws JournalError. */
  transact<T>(act: () => T): T;
  /** Gives how many bytes it takes. */
  put(snapshot: StoredSnapshot, bytes: Uint8Array): number;
  /** Keeps a page once, whoever else has the same; gives its digest. */
  putPage(bytes: Uint8Array): string;
  /** How many pages are stored. */
  pages(): number;
  /** The digest that a page of these bytes has. */
  digest(page: Uint8Array): string;
  /** Forgets all of them. */
  clear(): void;
  /** Bytes that snapshots take, and that the whole journal takes. */
  sizes(): { readonly snapshots: number; readonly journal: number };
}

/** The stored snapshots of a journal that this folder opened. */
export function openSnapshots(journal: Journal): Snapshots {
  const db = databaseOf(journal);
  const list = db.prepare<[], StoredSnapshot>(
    "SELECT seq, seq AS base FROM base UNION ALL SELECT seq, base FROM snapshot ORDER BY seq",
  );
  const last = db
    .prepare<[], Seq>(
      "SELECT max((SELECT ifnull(max(seq), 0) FROM base), (SELECT ifnull(max(seq), 0) FROM snapshot))",
    )
    .pluck();
  const find = db.prepare<[number], SnapshotRow>(
    "SELECT seq, base, digest, bytes FROM snapshot WHERE seq = ?",
  );
  const findPage = db
    .prepare<[Buffer], Buffer>("SELECT bytes FROM snapshot_page WHERE digest = ?")
    .pluck();
  const findBase = db.prepare<[number], Buffer>("SELECT bytes FROM base WHERE seq = ?").pluck();
  const findBasePage = db
    .prepare<[Buffer], Buffer>("SELECT bytes FROM base_page WHERE digest = ?")
    .pluck();
  const insert = db.prepare<[number, number, Buffer, Buffer]>(
    "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)",
  );
  const insertPage = db.prepare<[Buffer, Buffer]>(
    "INSERT OR IGNORE INTO snapshot_page VALUES (?, ?)",
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
  const reading = <T>(act: () => T): T => translating("read", journal.file, act);

  /** Binds a snapshot to all events up to it, which the chain's digest tells apart from any others. */
  function sealed({ seq, base }: StoredSnapshot): string {
    const digest = commit.get(seq);
    return `${journal.id} ${seq} ${base} ${Buffer.isBuffer(digest) ? digest.toString("hex") : ""}`;
  }

  function isVouched(row: SnapshotRow): boolean {
    const found = sealIn(row.bytes);
    return found !== undefined && seal.fits(found.seal, sealed(row), found.packed);
  }

  function read(seq: Seq, whose: "own" | "any"): Uint8Array | undefined {
    const base = findBase.get(seq);
    if (base !== undefined) return whole(unpack(base));
    const row = find.get(seq);
    if (row === undefined || (whose === "own" && !isVouched(row))) return undefined;
    return snapshotBytes(row, journal.id);
  }

  return {
    list: () => reading(() => [...inOrder(list.iterate())]),
    last: () => reading(() => last.get() ?? (0 as Seq)),
    read: (seq) => reading(() => read(seq, "own")),
    readAny: (seq) => reading(() => read(seq, "any")),
    readPage: (digest) =>
      reading(() => {
        const key = Buffer.from(digest, "hex");
        const base = findBasePage.get(key);
        if (base !== undefined) return whole(pageBytes(key, base));
        const bytes = findPage.get(key);
        return bytes === undefined ? undefined : pageBytes(key, bytes);
      }),
    transact: (act) => translating("write", journal.file, () => writing(db, act)),
    put({ seq, base }, bytes) {
      const digest = digestOf(journal.id, seq, base, bytes);
      const packed = packSealed(bytes, (made) => seal.of(sealed({ seq, base }), made));
      insert.run(seq, base, digest, packed);
      return packed.length + rowBytes;
    },
    putPage(bytes) {
      const digest = pageDigest(bytes);
      insertPage.run(digest, pack(bytes));
      return digest.toString("hex");
    },
    pages: () => reading(() => countPages.get() ?? 0),
    digest: (page) => pageDigest(page).toString("hex"),
    clear: () =>
      translating("write", journal.file, () =>
        writing(db, () => db.exec("DELETE FROM snapshot; DELETE FROM snapshot_page")),
      ),
    sizes: () =>
      reading(() => {
        const { snapshots, pages } = sizes.get() ?? { snapshots: 0, pages: 0 };
        const count = Number(db.pragma("page_count", { simple: true }));
        const pageSize = Number(db.pragma("page_size", { simple: true }));
        return { snapshots: snapshots + pages, journal: count * pageSize };
      }),
  };
}

/**
 * Invariant J15: the bytes of every snapshot and page have their digest. Whether they say what the events make `history`
 * checks, by making them again.
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

/** Rows that can be what they say: in a damaged file a table may hold another's rows, or its own in another order. */
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

/** Of what there is no other source of. */
function whole(bytes: Buffer | undefined): Buffer {
  if (bytes === undefined) throw new MalformedError("the state that it begins with is damaged");
  return bytes;
}

interface SnapshotRow extends StoredSnapshot {
  readonly digest: Buffer;
  readonly bytes: Buffer;
}

/** What a row takes beside its bytes: digest, numbers, SQLite's own. */
const rowBytes = 40;

// A reader's connection refuses writes so that nothing but this cache is ever written through it.
function writing<T>(db: Database.Database, act: () => T): T {
  const isReader = db.pragma("query_only", { simple: true }) === 1;
  // In WAL mode that keeps the file whole through a loss of power, and does not wait for the disk at each commit.
  if (isReader) db.exec("PRAGMA query_only = OFF; PRAGMA synchronous = NORMAL");
  try {
    return db.transaction(act).immediate();
  } finally {
    if (isReader) db.pragma("query_only = ON");
  }
}

function snapshotBytes(row: SnapshotRow, id: string): Buffer | undefined {
  const bytes = unpack(row.bytes);
  if (bytes === undefined) return undefined;
  const { seq, base, digest } = row;
  return Buffer.isBuffer(digest) && digestOf(id, seq, base, bytes).equals(digest)
    ? bytes
    : undefined;
}

function pageBytes(digest: Buffer, packed: Buffer): Buffer | undefined {
  const bytes = unpack(packed);
  return bytes !== undefined && pageDigest(bytes).equals(digest) ? bytes : undefined;
}

/** Binds a snapshot to its journal and its place in it. */
function digestOf(id: string, seq: Seq, base: Seq, bytes: Uint8Array): Buffer {
  const head = Buffer.from(`snapshot ${id} ${seq} ${base}\n`);
  return hash("sha256", Buffer.concat([head, bytes]), "buffer");
}
