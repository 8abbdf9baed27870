import { closeSync, existsSync, fsyncSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import { systemClock } from "./clock.ts";
import { connectWriter, journalId, leaveWal } from "./connection.ts";
import { withDatabase } from "./handle.ts";
import { type Intake, openIntake } from "./intake.ts";
import type { Durability, JournalWriter } from "./journal.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { type Lock, type LockOptions, takeLock } from "./lock.ts";
import { openReading } from "./reading.ts";
import { recognise, resolvePath } from "./recognise.ts";
import { recover } from "./recover.ts";
import { failure, translating } from "./storage-error.ts";
import { openTail, type Tail } from "./tail.ts";

/** How a journal is opened for writing. */
export interface WriterOptions {
  /** "process" unless told otherwise; means nothing for a journal in memory. */
  readonly durability?: Durability;
  /** Nanoseconds since the epoch. */
  readonly now?: () => bigint;
  readonly limits?: Partial<Limits>;
}

/**
 * Opens a journal as its one writer, and makes it where there is none; ":memory:" makes one that lives in memory.
 * Takes over what a writer that was killed had acknowledged; a run that it left open stays without an end.
 * Throws JournalError.
 */
export function openWriter(file: string, options: WriterOptions = {}): JournalWriter {
  // A holder that is just finishing, or a reader that takes over a tail, is waited for.
  return openAsWriter(file, options, { patienceMilliseconds: 250 });
}

/** As openWriter, with the time to wait for one that holds the lock. */
export function openAsWriter(
  file: string,
  options: WriterOptions,
  lockOptions: LockOptions,
): JournalWriter {
  const now = options.now ?? systemClock();
  if (file === ":memory:") {
    const db = connectWriter(file, now());
    const intake = intakeOf(db, now, options);
    intake.begin(undefined);
    return writer(db, intake, { file, durability: "batch", recovered: 0 });
  }
  const path = resolvePath(file);
  if (!existsSync(dirname(path)))
    throw failure("missing", "open", file, "its directory does not exist");
  recognise(file, path);
  const lock = takeLock(file, path, lockOptions);
  let db: Database.Database | undefined;
  try {
    // Who held the lock before may have made or replaced the file.
    recognise(file, path);
    const connected = translating("open", file, () => connectWriter(path, now()));
    db = connected;
    return translating("open", file, () =>
      openOnDisk({ file, path, lock, db: connected }, now, options),
    );
  } catch (error) {
    db?.close();
    lock.release();
    throw error;
  }
}

interface OnDisk {
  readonly file: string;
  readonly path: string;
  readonly lock: Lock;
  readonly db: Database.Database;
}

function openOnDisk(
  { file, path, lock, db }: OnDisk,
  now: () => bigint,
  options: WriterOptions,
): JournalWriter {
  const durability = options.durability ?? "process";
  const intake = intakeOf(db, now, options);
  const id = journalId(db);
  const tailPath = `${path}-tail`;
  const recovered = recover(db, intake, tailPath, id);
  let tail: Tail | undefined;
  if (durability === "batch") {
    if (recovered > 0) intake.sync();
    rmSync(tailPath, { force: true });
  } else {
    tail = openTail(tailPath, file, id, {
      everyRecord: durability === "power" ? "on disk" : "written",
    });
  }
  intake.begin(tail);
  syncDirectory(path);
  return writer(db, intake, { file, durability, recovered, leave, release });

  function leave(): void {
    leaveWal(db);
    rmSync(tailPath, { force: true });
  }

  function release(): void {
    tail?.close();
    lock.release();
  }
}

function intakeOf(db: Database.Database, now: () => bigint, options: WriterOptions): Intake {
  return openIntake(db, {
    durability: options.durability ?? "process",
    now,
    limits: { ...defaultLimits, ...options.limits },
  });
}

interface WriterParts {
  readonly file: string;
  readonly durability: Durability;
  readonly recovered: number;
  /** Tidies up when all is committed. */
  readonly leave?: () => void;
  /** Lets go of what is held, whether or not all went well. */
  readonly release?: () => void;
}

function writer(db: Database.Database, intake: Intake, parts: WriterParts): JournalWriter {
  const { file, durability, recovered } = parts;
  let isClosed = false;

  function doing<T>(what: string, act: () => T): T {
    // A descriptor that was closed may by now be that of another file.
    if (isClosed) throw new TypeError(`the journal ${file} is closed`);
    return translating(what, file, act);
  }

  const reading = openReading({
    file,
    id: journalId(db),
    db,
    pending: intake.pending,
    committed: () => intake.base().seq,
    readTape: (start, end, target, at) => intake.readTape(start, end, target, at),
  });
  const journal: JournalWriter = {
    ...reading,
    durability,
    recovered,
    append: (draft, payload) => doing("write", () => intake.append(draft, payload)),
    commit: () => doing("write", () => intake.commit()),
    sync: () => doing("sync", () => intake.sync()),
    close() {
      if (isClosed) return;
      doing("close", () => {
        isClosed = true;
        try {
          intake.commit();
          parts.leave?.();
        } finally {
          db.close();
          parts.release?.();
        }
      });
    },
  };
  return withDatabase(journal, db);
}

function syncDirectory(path: string): void {
  const fd = openSync(dirname(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
