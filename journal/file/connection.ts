import { randomBytes } from "node:crypto";
import Database from "better-sqlite3";
import { makePrivate } from "../beside/beside.ts";
import { checkBounds } from "./bounds.ts";
import { MalformedError } from "../format/bytes.ts";
import { genesis } from "../format/chain.ts";
import { migrate, readOlder } from "./migrate.ts";
import { checkSchema } from "./schema-check.ts";
import { createSchema } from "../format/schema.ts";
import { failure } from "../interface/storage-error.ts";

/**
 * Opens a journal for writing, and makes it if it does not exist. A new one has `created` as its time of birth, and a new
 * id unless one is given. A file that holds "some" of its journal's rows may count more events than it has room for.
 */
export function connectWriter(
  path: string,
  created: bigint,
  id?: string,
  held: "all" | "some" = "all",
): Database.Database {
  if (path !== inMemory) makePrivate(path);
  const db = new Database(path);
  try {
    harden(db);
    if (db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined) create(db, created, id);
    checkSchema(db);
    migrate(db);
    if (held === "all") checkBounds(db);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL");
    db.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
    // Fails now if the file cannot be written, and not at the first commit.
    db.exec("BEGIN IMMEDIATE; ROLLBACK");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens a journal for reading. A reader that "only reads" does not change the files that SQLite keeps beside it. A file
 * that holds "some" of its journal's rows may count more events than it has room for.
 */
export function connectReader(
  path: string,
  kind: "tidies up" | "only reads" = "tidies up",
  held: "all" | "some" = "all",
): Database.Database {
  const db = kind === "tidies up" ? open(path) : new Database(path, { readonly: true });
  try {
    checkSchema(db);
    readOlder(db);
    if (held === "all") checkBounds(db);
    db.pragma("query_only = ON");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens a second connection to the journal that `reader` reads, to store the snapshot cache. Throws if the file cannot
 * be written, or has been replaced since.
 */
export function connectCache(reader: Database.Database, file: string): Database.Database {
  const db = harden(new Database(reader.name, { fileMustExist: true, readonly: reader.readonly }));
  try {
    checkSchema(db);
    if (journalId(db) !== journalId(reader))
      throw failure("io", "write", file, "it was replaced by another journal");
    // In WAL mode this level survives a loss of power, and does not wait for the disk at each commit.
    db.pragma("synchronous = NORMAL");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Switches to rollback mode, so that a closed journal is one file and can be read from a read-only directory. Returns
 * whether that succeeded: everything is on disk then.
 */
export function leaveWal(db: Database.Database): boolean {
  db.pragma("busy_timeout = 0");
  db.pragma("wal_checkpoint(TRUNCATE)");
  try {
    db.pragma("journal_mode = DELETE");
    return true;
  } catch (error) {
    // A reader is open: it needs the WAL, and the last connection to close removes it.
    if (!(error instanceof Database.SqliteError && error.code === "SQLITE_BUSY")) throw error;
    db.pragma("busy_timeout = 5000");
    return false;
  }
}

const inMemory = ":memory:";

/** Returns the journal's id, 32 hex digits. */
export function journalId(db: Database.Database): string {
  const id = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'id'").pluck().get();
  if (id === undefined || !/^[0-9a-f]{32}$/.test(id)) throw new MalformedError("it has no id");
  return id;
}

// Makes the tables in rollback mode, in one transaction: the main file's header identifies the journal from the first
// moment on.
function create(
  db: Database.Database,
  created: bigint,
  id = randomBytes(16).toString("hex"),
): void {
  db.pragma(`page_size = ${pageBytes}`);
  db.transaction(() => {
    createSchema(db);
    const meta = db.prepare<[string, string]>("INSERT INTO meta VALUES (?, ?)");
    meta.run("id", id);
    meta.run("created", created.toString());
    db.prepare<[Buffer]>("INSERT INTO chain VALUES (0, ?)").run(genesis(id, created.toString()));
  }).exclusive();
}

// SQLite writes each page twice, to the WAL and to the file, with a system call each. A payload costs a fifth less with
// pages of 8 KiB than with SQLite's own 4; with 16, a journal of few events takes twice as much room.
const pageBytes = 8192;

// A connection that may write cleans up when it is the last to close; a read-only one is opened only if writing is not
// allowed.
function open(path: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    db = harden(new Database(path, { fileMustExist: true }));
    db.prepare("SELECT 1 FROM sqlite_schema").get();
    return db;
  } catch (error) {
    db?.close();
    if (!(error instanceof Database.SqliteError) || !/READONLY|CANTOPEN/.test(error.code))
      throw error;
    return harden(new Database(path, { readonly: true, fileMustExist: true }));
  }
}

/**
 * Restricts what the file can do: its schema calls no functions with side effects, it is not mapped into memory, and
 * each page is checked before use. Defensive mode, which keeps the schema from being written, is better-sqlite3's
 * default.
 */
function harden(db: Database.Database): Database.Database {
  db.pragma("trusted_schema = OFF");
  db.pragma("cell_size_check = ON");
  db.pragma("mmap_size = 0");
  return db;
}
