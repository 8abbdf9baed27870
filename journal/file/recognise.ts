import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
  type Stats,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import Database from "better-sqlite3";
import { checkBeside, obstacleToRepair, unsafe } from "../beside/beside.ts";
import { failure, translating, unfinished } from "../interface/storage-error.ts";
import { applicationId, formatVersion } from "../format/schema.ts";

/**
 * Returns what is at a path: nothing (or an empty file), or a journal of this format. Throws JournalError
 * "not-a-journal" or "newer" for anything else, and "unsafe" if a file beside it must not be opened. Changes no file,
 * and makes none.
 */
export function recognise(file: string, path: string): "nothing" | "journal" {
  return translating("open", file, () => {
    const found = statSync(path, { throwIfNoEntry: false });
    checkBeside(file, path);
    if (found === undefined || found.size === 0) checkBirthplace(file, found);
    if (found === undefined) return "nothing";
    if (!found.isFile()) throw failure("not-a-journal", "open", file, "it is not a regular file");
    if (found.size === 0) return "nothing";
    const marks = isInUse(path) ? marksThroughSqlite(path) : marksInHeader(path);
    if (marks === "half-made" && obstacleToRepair(path) === undefined) {
      rollBack(path);
      return recognise(file, path);
    }
    if (marks === "half-made") throw failure("read-only", "read", file, unfinished);
    if (marks === undefined || marks.application !== applicationId || marks.version < 1) {
      throw failure("not-a-journal", "open", file, "it is not a rewindfs journal");
    }
    if (marks.version > formatVersion) {
      const reason = `written by a newer version (format ${marks.version}, this is ${formatVersion})`;
      throw failure("newer", "open", file, reason);
    }
    return "journal";
  });
}

/** Refuses to make a journal through a link: a file of the user's elsewhere could be filled with it. */
function checkBirthplace(file: string, found: Stats | undefined): void {
  const isLink = lstatSync(resolve(file), { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (isLink) throw unsafe("open", file, "it is a symlink, and no journal stands behind it");
  if (found?.isFile() === true && found.nlink > 1)
    throw unsafe("open", file, "it is an empty file that has another name (a hard link)");
}

/** Resolves symlinks, so that a journal has one lock and one redo log under all its names. */
export function resolvePath(file: string): string {
  if (existsSync(file)) return realpathSync(file);
  const directory = dirname(file);
  return existsSync(directory) ? join(realpathSync(directory), basename(file)) : file;
}

interface Marks {
  readonly application: number;
  readonly version: number;
}

// Closing any descriptor of a file drops every POSIX lock that this process has on it, SQLite's too. While a journal is
// open one of these two files exists, and then only SQLite may open it. While neither exists SQLite must not open it:
// reading a database in WAL mode would leave files beside it.
function isInUse(path: string): boolean {
  return existsSync(`${path}-shm`) || existsSync(`${path}-lock`);
}

function marksThroughSqlite(path: string): Marks | "half-made" | undefined {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    return { application: number(db, "application_id"), version: number(db, "user_version") };
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    if (error.code === "SQLITE_NOTADB") return undefined;
    if (error.code === "SQLITE_READONLY_ROLLBACK") return "half-made";
    throw error;
  } finally {
    db?.close();
  }
}

/** A writer was killed while it made the file or left WAL mode: SQLite restores the earlier pages. */
function rollBack(path: string): void {
  const db = new Database(path, { fileMustExist: true });
  try {
    number(db, "page_count");
  } finally {
    db.close();
  }
}

function number(db: Database.Database, pragma: string): number {
  return Number(db.pragma(pragma, { simple: true }));
}

// https://www.sqlite.org/fileformat.html, section 1.3
function marksInHeader(path: string): Marks | undefined {
  const header = Buffer.alloc(headerBytes);
  // Does not block: the file may have been replaced by a pipe.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    readSync(fd, header, 0, header.length, 0);
  } finally {
    closeSync(fd);
  }
  return marksOf(header);
}

/** `isJournal` needs so many bytes from the beginning of a file. */
export const headerBytes = 100;

/** Tells whether a file that begins with these bytes is a journal, of any version. */
export function isJournal(header: Buffer): boolean {
  return header.length >= headerBytes && marksOf(header)?.application === applicationId;
}

function marksOf(header: Buffer): Marks | undefined {
  if (header.toString("latin1", 0, 16) !== "SQLite format 3\0") return undefined;
  return { application: header.readInt32BE(68), version: header.readInt32BE(60) };
}
