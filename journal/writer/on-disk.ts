import { closeSync, existsSync, fsyncSync, lstatSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import { checkOwner, openRedoLogFile } from "../beside/beside.ts";
import { connectWriter, journalId, leaveWal } from "../file/connection.ts";
import { type GroupCommit, type GroupCommitOptions, openGroupCommit } from "./group-commit.ts";
import { type Lock, type LockOptions, takeLock } from "./lock.ts";
import { recognise, resolvePath } from "../file/recognise.ts";
import { recover } from "./recover.ts";
import { SpoolFile } from "../tape/spool-file.ts";
import { noDirectory, translating } from "../interface/storage-error.ts";

/** A journal's file that is locked and open for writing, with everything that an earlier writer acknowledged. */
export interface OnDisk {
  readonly db: Database.Database;
  readonly groupCommit: GroupCommit;
  readonly id: string;
  /** The number of events that were taken over from a writer that was killed. */
  readonly recovered: number;
  /** The path of the redo log beside the journal: an empty file, or with "batch" none. */
  readonly logPath: string;
  /** The path of the file for copies of the redo log's end: an empty file where a guest has it, or else none. */
  readonly copyPath: string;
  /** Takes over and commits events again that are in the redo log and not in the journal. */
  recover(): void;
  /** Removes the files beside the journal, once all is committed. */
  leave(): void;
  /** Releases the lock and the connection, after success or failure. */
  release(): void;
}

export interface OnDiskOptions extends GroupCommitOptions {
  /** Tells if a guest's process writes the redo log, and copies of its end. */
  readonly hasGuest?: boolean;
}

/** Opens a journal for writing, and makes it if it does not exist. Throws JournalError. */
export function openOnDisk(file: string, options: OnDiskOptions, lockOptions: LockOptions): OnDisk {
  const path = resolvePath(file);
  if (!existsSync(dirname(path))) throw noDirectory(file);
  recognise(file, path);
  checkOwner(file, path);
  const lock = takeLock(file, path, lockOptions);
  let db: Database.Database | undefined;
  try {
    // The previous holder of the lock may have made or replaced the file.
    recognise(file, path);
    const connected = translating("open", file, () => connectWriter(path, options.now()));
    db = connected;
    return translating("open", file, () => begin(path, lock, connected, options));
  } catch (error) {
    db?.close();
    lock.release();
    throw error;
  }
}

function begin(path: string, lock: Lock, db: Database.Database, options: OnDiskOptions): OnDisk {
  const spool = new SpoolFile(dirname(path), options.buffering.spoolBytes);
  const groupCommit = openGroupCommit(db, { ...options, spool });
  const id = journalId(db);
  const logPath = `${path}-tail`;
  const copyPath = `${logPath}-sync`;
  const isLeft = (lstatSync(logPath, { throwIfNoEntry: false })?.size ?? 0) > 0;
  const recovered = recover(db, groupCommit, logPath, id);
  // Some events may be on disk only in the redo log: they must be on disk in the journal before the redo log is
  // emptied.
  if (isLeft) groupCommit.sync();
  if (options.durability === "batch") rmSync(logPath, { force: true });
  else begunAnew(logPath);
  // Its name must be on disk, too, before a guest relies on it.
  if (options.hasGuest === true) begunAnew(copyPath);
  else rmSync(copyPath, { force: true });
  syncDirectory(path);
  return {
    db,
    groupCommit,
    id,
    recovered,
    logPath,
    copyPath,
    recover: () => void recover(db, groupCommit, logPath, id),
    leave() {
      // A guest may have synced by the redo log alone.
      if (!leaveWal(db)) groupCommit.sync();
      rmSync(logPath, { force: true });
      rmSync(copyPath, { force: true });
    },
    release() {
      spool[Symbol.dispose]();
      db.close();
      lock.release();
    },
  };
}

// A new file: a guest's process may outlive its keeper for a while, and append to the one that it has open. The folder is
// synced after that: after a loss of power old records must not come back, since other events may have taken their seqs.
function begunAnew(path: string): void {
  // Refuses a trap before anything is removed.
  closeSync(openRedoLogFile(path, "write"));
  rmSync(path);
  closeSync(openRedoLogFile(path, "write"));
}

function syncDirectory(path: string): void {
  const fd = openSync(dirname(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
