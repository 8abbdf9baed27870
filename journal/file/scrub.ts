import type Database from "better-sqlite3";
import { JournalError } from "../interface/journal.ts";
import { translating } from "../interface/storage-error.ts";

/** Records, in the transaction that removes data, that its free pages must be removed from the file. */
export function noteScrub(db: Database.Database): void {
  db.exec("INSERT OR IGNORE INTO meta VALUES ('scrub', '')");
}

/** Tells whether free pages of the file may still hold removed data. */
export function isScrubDue(db: Database.Database): boolean {
  return db.prepare("SELECT 1 FROM meta WHERE key = 'scrub'").get() !== undefined;
}

/**
 * Rewrites the file without free pages if that is due; needs exclusive access in rollback mode. Returns the error if it
 * failed: then it stays due, as after a crash.
 */
export function scrubWhereDue(
  db: Database.Database,
  file: string,
  onScrub: (() => void) | undefined,
): JournalError | undefined {
  if (!isScrubDue(db)) return undefined;
  onScrub?.();
  try {
    translating("write anew", file, () => db.exec("VACUUM; DELETE FROM meta WHERE key = 'scrub'"));
    return undefined;
  } catch (error) {
    if (error instanceof JournalError) return error;
    throw error;
  }
}
