import { randomUUID } from "node:crypto";
import { accessSync, constants, existsSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isMainThread } from "node:worker_threads";
import Database from "better-sqlite3";
import { checkFile, unsafe } from "../beside/beside.ts";
import { JournalError } from "../interface/journal.ts";
import { isLock, lockTable, openLockFile } from "../beside/lock-file.ts";
import { removeDamagedLock, tellsDamage } from "../beside/lock-repair.ts";
import { resolvePath } from "../file/recognise.ts";
import { failure, translating } from "../interface/storage-error.ts";

/** The right to write a journal; it has one holder at a time over all processes and threads of a machine. */
export interface Lock {
  release(): void;
}

export interface LockOptions {
  /** The longest wait for a holder that is about to finish. */
  readonly patienceMilliseconds: number;
  /** Says that it is held for a moment, so that others wait for longer. */
  readonly isBrief?: true;
}

/** Allows for a holder that is about to finish, and for a reader that takes over a redo log. */
export const patience: LockOptions = { patienceMilliseconds: 250 };

/** For a few rows beside the events, by a process that nobody started to write: see `begin`. */
export const brief: LockOptions = { ...patience, isBrief: true };

/**
 * Takes the lock of a journal. Throws JournalError "locked", which names the holder.
 *
 * The lock is an open write transaction on a small database beside the journal. The operating system drops it when the
 * holder dies, and it also excludes two connections in one process.
 */
export function takeLock(file: string, path: string, options: LockOptions): Lock {
  const lockPath = `${path}-lock`;
  return translating("lock", lockPath, () => {
    for (;;) {
      const lock = tryLock(file, lockPath, options);
      if (lock !== undefined) return lock;
    }
  });
}

/**
 * Tells whether a process holds the lock of a journal. Another user's lock counts as held, as it cannot be tried
 * without writing. Throws JournalError "unsafe".
 */
export function isBeingWritten(file: string): boolean {
  const path = resolvePath(file);
  const lockPath = `${path}-lock`;
  checkFile(lockPath, path);
  if (!existsSync(lockPath)) return false;
  if (!isWritable(lockPath)) return true;
  let db: Database.Database | undefined;
  try {
    db = openLockFile(lockPath, { timeout: 0, fileMustExist: true });
    db.exec("BEGIN IMMEDIATE; ROLLBACK");
    return false;
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    if (error.code.startsWith("SQLITE_BUSY")) return true;
    // The holder has just removed it.
    if (error.code === "SQLITE_CANTOPEN" || tellsDamage(error)) return false;
    // SQLite has the lock before it writes to an empty file, for which a full disk has no room.
    if (error.code === "SQLITE_FULL") return false;
    throw error;
  } finally {
    db?.close();
  }
}

// A holder deletes the file when it releases the lock. A process that waited then holds a lock on an unlinked file, and
// notices: the file of that name does not contain its token.
function tryLock(file: string, lockPath: string, options: LockOptions): Lock | undefined {
  const db = open(file, lockPath, options);
  try {
    db.pragma("synchronous = OFF");
    const token = randomUUID();
    begin(db, file, options);
    if (!isLock(db)) throw unsafe("lock", lockPath, "it is a database of something else");
    db.exec(`CREATE TABLE IF NOT EXISTS ${lockTable}; DELETE FROM holder`);
    db.prepare("INSERT INTO holder VALUES (?, ?, ?)").run(
      process.pid,
      options.isBrief === true ? `${command()}${briefly}` : command(),
      token,
    );
    db.exec("COMMIT");
    begin(db, file, options);
    if (tokenIn(lockPath) !== token) {
      db.close();
      return undefined;
    }
  } catch (error) {
    db.close();
    if (error instanceof Database.SqliteError && lost.has(error.code)) return undefined;
    if (!tellsDamage(error)) throw error;
    removeDamagedLock(lockPath);
    return undefined;
  }
  return {
    release() {
      rmSync(lockPath, { force: true });
      db.close();
    },
  };
}

function open(file: string, lockPath: string, options: LockOptions): Database.Database {
  try {
    return openLockFile(lockPath, { timeout: options.patienceMilliseconds });
  } catch (error) {
    if (isWritable(dirname(lockPath))) throw error;
    throw failure("read-only", "write", file, "its directory is read-only", error);
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Codes of a lock file that another process removed meanwhile, or of its rollback journal, which goes by its name. */
const lost: ReadonlySet<string> = new Set(["SQLITE_READONLY_DBMOVED", "SQLITE_IOERR_DELETE_NOENT"]);

/** Ends what a holder says of itself that has the lock for a moment. */
const briefly = " (for a moment)";
/** The longest wait for such a holder: on a busy machine its moment may be long. */
const briefMilliseconds = 10_000;

function begin(db: Database.Database, file: string, options: LockOptions): void {
  const deadline = performance.now() + briefMilliseconds;
  for (;;) {
    try {
      db.exec("BEGIN IMMEDIATE");
      return;
    } catch (error) {
      if (!(error instanceof Database.SqliteError) || !error.code.startsWith("SQLITE_BUSY"))
        throw error;
      const held = holder(db);
      const isBrief = held.includes(briefly) && options.patienceMilliseconds > 0;
      if (isBrief && performance.now() < deadline) continue;
      throw new JournalError("locked", `Cannot write ${file}: ${held} is writing it.`, {
        hint: "wait until it ends, or write to another journal with --journal FILE.",
        cause: error,
      });
    }
  }
}

function holder(db: Database.Database): string {
  try {
    const row = isLock(db)
      ? db
          .prepare<[], { pid: number; command: string }>(
            `SELECT pid, substr(command, 1, ${commandLetters + briefly.length}) AS command FROM holder`,
          )
          .get()
      : undefined;
    if (row === undefined) return "another process";
    return row.pid === process.pid
      ? `this process (${row.pid})`
      : `process ${row.pid} (${row.command})`;
  } catch {
    return "another process"; // it is just writing its name
  }
}

function tokenIn(lockPath: string): string | undefined {
  let db: Database.Database;
  try {
    db = openLockFile(lockPath, { readonly: true, fileMustExist: true });
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === "SQLITE_CANTOPEN") return undefined;
    throw error;
  }
  try {
    if (!isLock(db)) return undefined;
    return db.prepare<[], string>("SELECT token FROM holder").pluck().get();
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === "SQLITE_ERROR") return undefined;
    throw error;
  } finally {
    db.close();
  }
}

function command(): string {
  const [, script = "", ...args] = process.argv;
  // A thread has generated arguments, which mean nothing to a person.
  const name = process.title.startsWith("rewindfs") || !isMainThread ? process.title : script;
  const line = [basename(name), ...(isMainThread ? args : [])]
    .join(" ")
    .replaceAll(/[^\x20-\x7e]/g, "?");
  return line.length > commandLetters ? `${line.slice(0, commandLetters - 3)}...` : line;
}

const commandLetters = 80;
