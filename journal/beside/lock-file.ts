import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { checkFile, keepPrivate, unsafe } from "./beside.ts";

/**
 * Opens a file that a lock is taken on, `PATH-lock` or `PATH-lock-repair`, without following a link. Nothing of its
 * schema is used yet: `isLock` tells whether it may be. Throws JournalError "unsafe".
 */
export function openLockFile(lockPath: string, options: Database.Options): Database.Database {
  const journal = lockPath.replace(/-lock(-repair)?$/, "");
  checkFile(lockPath, journal);
  const isNew = !existsSync(lockPath);
  // No descriptor of our own may be closed on it: that drops the locks that this process has. So SQLite opens the path,
  // and a link that took its place meanwhile is found out before anything is written.
  const db = new Database(lockPath, options);
  try {
    if (mainFile(db) !== lockPath) throw unsafe("open", lockPath, "it is a symlink");
    checkFile(lockPath, journal);
    if (isNew) keepPrivate(lockPath);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export const lockTable = "holder (pid INTEGER, command TEXT, token TEXT)";

/** Tells whether a database has what a lock has, or is empty. What else it has may take for ever when it is asked. */
export function isLock(db: Database.Database): boolean {
  const found = db
    .prepare<[], string | null>("SELECT sql FROM sqlite_schema LIMIT 2")
    .pluck()
    .all();
  return (
    found.length < 2 &&
    found.every((sql) => sql === `CREATE TABLE ${lockTable}`) &&
    db.pragma("journal_mode", { simple: true }) === "delete"
  );
}

/** Does not read the file, as a query would: that may be damaged. */
function mainFile(db: Database.Database): string | undefined {
  const listed = db.prepare<[], { name: string; file: string }>("PRAGMA database_list").all();
  return listed.find(({ name }) => name === "main")?.file;
}
