import type Database from "better-sqlite3";
import { JournalError } from "../format/journal.ts";
import { translating } from "../format/storage-error.ts";

/** Notes, in a transaction that removes much, that the pages which it leaves free are to go. */
export function noteScrub(db: Database.Database): void {
  db.exec("INSERT OR IGNORE INTO meta VALUES ('scrub', '')");
}

/** Whether what was removed may still stand in pages of the file that are free. */
export function isScrubDue(db: Database.Database): boolean {
  return db.prepare("SELECT 1 FROM meta WHERE key = 'scrub'").get() !== undefined;
}

/**
 * Writes the file anew, without a free page, where that is due; for a connection that is alone and not in WAL mode. Gives
 * why it could not be done: then it is due still, as after a crash.
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
