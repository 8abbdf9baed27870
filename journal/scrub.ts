import type Database from "better-sqlite3";

/** Notes, in a transaction that removes bytes, that free pages may hold them until the file is written anew. */
export function noteScrub(db: Database.Database): void {
  db.exec("INSERT OR IGNORE INTO meta VALUES ('scrub', '')");
}

/** Whether what was removed may still stand in pages of the file that are free. */
export function isScrubDue(db: Database.Database): boolean {
  return db.prepare("SELECT 1 FROM meta WHERE key = 'scrub'").get() !== undefined;
}

/**
 * Writes the file anew, without a free page; for a connection that is alone and not in WAL mode. What is interrupted is
 * due still.
 */
export function scrub(db: Database.Database): void {
  db.exec("VACUUM");
  db.exec("DELETE FROM meta WHERE key = 'scrub'");
}
