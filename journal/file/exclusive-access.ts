import Database from "better-sqlite3";
import { JournalError } from "../interface/journal.ts";
import { failure } from "../interface/storage-error.ts";

/**
 * Switches to rollback mode, which fails while another connection is open: a reader of the WAL would keep the pages
 * that are to be removed. From then on each commit is on disk when it returns. Throws JournalError "locked".
 */
export function takeExclusiveAccess(db: Database.Database, file: string): void {
  db.pragma(`busy_timeout = ${patienceMilliseconds}`);
  try {
    db.pragma("wal_checkpoint(TRUNCATE)");
    db.pragma("journal_mode = DELETE");
  } catch (error) {
    if (!(error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")))
      throw error;
    const { code, message } = failure("locked", "rewrite", file, "it is being read", error);
    throw new JournalError(code, message, {
      hint: "close the debugger, or wait until the other command ends.",
    });
  }
  // SQLite unlinks its rollback journal, and then truncates the file. After a loss of power the truncation may be on
  // disk without the unlinking: the rollback journal would then be played back over a file that lacks its pages. EXTRA
  // syncs the directory at once.
  db.pragma("synchronous = EXTRA");
}

const patienceMilliseconds = 250;
