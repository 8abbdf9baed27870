import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { checkFile, keepPrivate, unsafe } from "./beside.ts";

/**
 * Opens a file to take a lock on, `PATH-lock` or `PATH-lock-repair`, without following a link. Its schema must not be
 * used until `isLock` has approved it. Throws JournalError "unsafe".
 */
export function openLockFile(lockPath: string, options: Database.Options): Database.Database {
  const journal = lockPath.replace(/-lock(-repair)?$/, "");
  checkFile(lockPath, journal);
  const isNew = !existsSync(lockPath);
  // Closing a descriptor of our own would drop this process's locks. So SQLite opens the path, and a link that took its
  // place meanwhile is detected before anything is written.
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

/** Tells whether a database has the schema of a lock, or is empty. Reading any other one could take for ever. */
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

/** Does not read the file, which may be damaged; a query would. */
function mainFile(db: Database.Database): string | undefined {
  const listed = db.prepare<[], { name: string; file: string }>("PRAGMA database_list").all();
  return listed.find(({ name }) => name === "main")?.file;
}
