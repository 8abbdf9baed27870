import { randomBytes } from "node:crypto";
import Database from "better-sqlite3";
import { makePrivate } from "../beside/beside.ts";
import { checkBounds } from "./bounds.ts";
import { MalformedError } from "../format/bytes.ts";
import { genesis } from "../format/chain.ts";
import { migrate, readOlder } from "./migrate.ts";
import { checkSchema } from "./schema-check.ts";
import { createSchema } from "../format/schema.ts";
import { failure } from "../format/storage-error.ts";

/** Opens a journal for writing, and makes it where there is none. `created` is the time of birth of a new one. */
export function connectWriter(path: string, created: bigint): Database.Database {
  if (path !== inMemory) makePrivate(path);
  const db = new Database(path);
  try {
    harden(db);
    if (db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined) create(db, created);
    checkSchema(db);
    migrate(db);
    checkBounds(db);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL");
    db.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
    // Tells at once, and not at the first commit, where the file cannot be written.
    db.exec("BEGIN IMMEDIATE; ROLLBACK");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens a journal for reading. One that "only reads" leaves what SQLite has beside it as it is. */
export function connectReader(
  path: string,
  kind: "tidies up" | "only reads" = "tidies up",
): Database.Database {
  const db = kind === "tidies up" ? open(path) : new Database(path, { readonly: true });
  try {
    checkSchema(db);
    readOlder(db);
    checkBounds(db);
    db.pragma("query_only = ON");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens another connection to the journal that `reader` reads, for what is stored beside its events and is no part of
 * them. Throws where the file may not be written, or is another one by now.
 */
export function connectCache(reader: Database.Database, file: string): Database.Database {
  const db = harden(new Database(reader.name, { fileMustExist: true, readonly: reader.readonly }));
  try {
    checkSchema(db);
    if (journalId(db) !== journalId(reader))
      throw failure("io", "write", file, "it is another journal by now");
    // In WAL mode that keeps the file whole through a loss of power, and does not wait for the disk at each commit.
    db.pragma("synchronous = NORMAL");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Leaves WAL mode, so that a journal nobody has open is one file and can be read from a read-only directory. */
export function leaveWal(db: Database.Database): void {
  db.pragma("busy_timeout = 0");
  db.pragma("wal_checkpoint(TRUNCATE)");
  try {
    db.pragma("journal_mode = DELETE");
  } catch (error) {
    // A reader is there: it needs the WAL, and the last one to go removes it.
    if (!(error instanceof Database.SqliteError && error.code === "SQLITE_BUSY")) throw error;
  }
}

const inMemory = ":memory:";

/** The journal's id, 32 hex digits. */
export function journalId(db: Database.Database): string {
  const id = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'id'").pluck().get();
  if (id === undefined || !/^[0-9a-f]{32}$/.test(id)) throw new MalformedError("it has no id");
  return id;
}

// The header of the main file must say what it is from the first moment on: the tables are made in rollback mode, in
// one transaction.
function create(db: Database.Database, created: bigint): void {
  db.pragma(`page_size = ${pageBytes}`);
  db.transaction(() => {
    createSchema(db);
    const id = randomBytes(16).toString("hex");
    const meta = db.prepare<[string, string]>("INSERT INTO meta VALUES (?, ?)");
    meta.run("id", id);
    meta.run("created", created.toString());
    db.prepare<[Buffer]>("INSERT INTO chain VALUES (0, ?)").run(genesis(id, created.toString()));
  }).exclusive();
}

// A page is written twice, to the WAL and to the file, each time with a call of the system: of 8 KiB, a payload costs a
// fifth less than of SQLite's own 4, and of 16, a journal of few events takes twice as much room.
const pageBytes = 8192;

// A connection that may write cleans up behind itself when it is the last; only where it may not, one that cannot.
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
 * Lets the file say less: no functions with side effects from its schema, no memory that it is mapped into, and no page
 * that is not looked over first. That its schema cannot be written either is how better-sqlite3 opens every file.
 */
function harden(db: Database.Database): Database.Database {
  db.pragma("trusted_schema = OFF");
  db.pragma("cell_size_check = ON");
  db.pragma("mmap_size = 0");
  return db;
}
