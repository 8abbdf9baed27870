import type Database from "better-sqlite3";
import { systemClock } from "../file/clock.ts";
import { connectWriter, journalId } from "../file/connection.ts";
import { withDatabase } from "../interface/handle.ts";
import type { Draft } from "../format/event.ts";
import { type GroupCommit, openGroupCommit } from "./group-commit.ts";
import type { Durability, JournalWriter } from "../interface/journal.ts";
import { defaultBuffering, type Buffering } from "../file/buffering.ts";
import { brief, type LockOptions, patience } from "./lock.ts";
import { openOnDisk } from "./on-disk.ts";
import { openReading } from "../reading/reading.ts";
import { translating } from "../interface/storage-error.ts";
import { openRedoLog, type RedoLog } from "./redo-log.ts";

/** Options for opening a journal to write it. */
export interface WriterOptions {
  /** Default: "process". Ignored for a journal in memory. */
  readonly durability?: Durability;
  /** Nanoseconds since the epoch. */
  readonly now?: () => bigint;
  /** @internal */
  readonly buffering?: Partial<Buffering>;
}

/**
 * Opens a journal as its one writer, and makes it if it does not exist; ":memory:" makes one in memory. Takes over the
 * acknowledged events of a writer that was killed; the run that it left open stays without an end. Throws JournalError.
 */
export function openWriter(file: string, options: WriterOptions = {}): JournalWriter {
  return openAsWriter(file, options, patience);
}

/**
 * Calls a function with a journal that it alone can write, and closes it. `now` is the clock of what it records. Throws
 * JournalError.
 */
export function whileWriting<T>(
  file: string,
  now: WriterOptions["now"],
  use: (writer: JournalWriter) => T,
): T {
  const writer = openWriter(file, { durability: "batch", ...(now === undefined ? {} : { now }) });
  try {
    return use(writer);
  } finally {
    writer.close();
  }
}

/** Writes a few rows beside the events, like whileWriting: who wants to write meanwhile waits for it. */
export function whileBriefly<T>(file: string, use: (writer: JournalWriter) => T): T {
  const writer = openAsWriter(file, { durability: "batch" }, brief);
  try {
    return use(writer);
  } finally {
    writer.close();
  }
}

/** Opens a journal like openWriter, with a given patience for the lock. */
export function openAsWriter(
  file: string,
  options: WriterOptions,
  lockOptions: LockOptions,
): JournalWriter {
  const durability = options.durability ?? "process";
  const now = options.now ?? systemClock();
  const buffering = { ...defaultBuffering, ...options.buffering };
  if (file === ":memory:") {
    const db = connectWriter(file, now());
    const groupCommit = openGroupCommit(db, { durability, now, buffering });
    groupCommit.begin(undefined);
    const release = () => void db.close();
    return writer(db, groupCommit, { file, durability: "batch", recovered: 0, release });
  }
  const disk = openOnDisk(file, { durability, now, buffering }, lockOptions);
  const { db, groupCommit, id, recovered, logPath } = disk;
  let redoLog: RedoLog | undefined;
  try {
    return translating("open", file, () => {
      const everyRecord = durability === "power" ? "on disk" : "written";
      const commits = {
        seq: () => groupCommit.lastCommit().seq,
        last: () => groupCommit.lastCommit(),
      };
      if (durability !== "batch")
        redoLog = openRedoLog(logPath, file, id, commits, { everyRecord });
      groupCommit.begin(redoLog);
      const leave = (): void => disk.leave();
      return writer(db, groupCommit, { file, durability, recovered, leave, release });
    });
  } catch (error) {
    release();
    throw error;
  }

  function release(): void {
    redoLog?.close();
    disk.release();
  }
}

interface WriterParts {
  readonly file: string;
  readonly durability: Durability;
  readonly recovered: number;
  /** Removes the files beside the journal, once all is committed. */
  readonly leave?: () => void;
  /** Releases the lock and the connection, after success or failure. */
  readonly release: () => void;
}

function writer(
  db: Database.Database,
  groupCommit: GroupCommit,
  parts: WriterParts,
): JournalWriter {
  const { file, durability, recovered } = parts;
  let isClosed = false;

  function doing<T>(what: string, act: () => T): T {
    // Another file may have the closed descriptor's number by now.
    if (isClosed) throw new TypeError(`the journal ${file} is closed`);
    return translating(what, file, act);
  }

  const reading = openReading({
    file,
    id: journalId(db),
    db,
    pending: groupCommit.pending,
    committed: () => groupCommit.lastCommit().seq,
    readTape: (start, end, target, at) => groupCommit.readTape(start, end, target, at),
    promised: "from the host",
    writing: () => db,
  });
  const journal: JournalWriter = {
    ...reading,
    durability,
    recovered,
    append: (draft: Draft, payload?: Uint8Array) =>
      doing("write", () => groupCommit.append(draft, payload)),
    commit: () => doing("write", () => groupCommit.commit()),
    sync: () => doing("sync", () => groupCommit.sync()),
    bring: (position, length, onFetch) =>
      doing("write", () => {
        for (const { bytes, ...piece } of reading.missing(position, length)) {
          const event = groupCommit.append({ kind: "fetch", ...piece }, bytes);
          onFetch?.(event);
        }
      }),
    close() {
      if (isClosed) return;
      doing("close", () => {
        isClosed = true;
        try {
          groupCommit.commit();
          parts.leave?.();
        } finally {
          parts.release();
        }
      });
    },
  };
  return withDatabase(journal, db);
}
