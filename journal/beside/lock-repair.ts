import { rmSync } from "node:fs";
import Database from "better-sqlite3";
import { openLockFile } from "./lock-file.ts";

/** Tells whether SQLite reports that a file is no database of its own, or is damaged. */
export function tellsDamage(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError &&
    (error.code === "SQLITE_NOTADB" || error.code.startsWith("SQLITE_CORRUPT"))
  );
}

/**
 * Removes a lock's file that a power failure left damaged, as it is never synced. Nobody can hold it: a file that was
 * made since the machine started is whole.
 *
 * Several processes may find it, and none may remove the file that another one made in its place. So they check again
 * one at a time, under a lock on a second file. That file is always whole, because nothing is written to it, and it is
 * removed at the end, when no damage is left to find.
 */
export function removeDamagedLock(lockPath: string): void {
  const guardPath = `${lockPath}-repair`;
  const guard = openLockFile(guardPath, {});
  try {
    guard.exec("BEGIN IMMEDIATE");
    if (isDamaged(lockPath))
      for (const end of ["", "-journal"]) rmSync(lockPath + end, { force: true });
    rmSync(guardPath, { force: true });
  } finally {
    guard.close();
  }
}

function isDamaged(lockPath: string): boolean {
  let db: Database.Database | undefined;
  try {
    db = openLockFile(lockPath, { fileMustExist: true, timeout: 0 });
    return db.pragma("integrity_check", { simple: true }) !== "ok";
  } catch (error) {
    return tellsDamage(error);
  } finally {
    db?.close();
  }
}
