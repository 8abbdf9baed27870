import { rmSync } from "node:fs";
import Database from "better-sqlite3";
import { openLockFile } from "./lock-file.ts";

/** Whether SQLite says that a file is none of its own, or no longer whole. */
export function tellsDamage(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError &&
    (error.code === "SQLITE_NOTADB" || error.code.startsWith("SQLITE_CORRUPT"))
  );
}

/**
 * Removes a lock's file that a power failure left in pieces: it is never synced. Nobody holds such a file: who made one
 * since the machine was started made it whole.
 *
 * Several may find it, and one must not remove what another has made in its place: so they look again, one at a time.
 * They wait for each other on a file that nothing is written to, so that it is whole always. Once it has done its duty
 * there is no damage left to be found, and it may go.
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
