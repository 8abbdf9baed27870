import { existsSync, lstatSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import { obstacleToRepair } from "../beside/beside.ts";
import { connectCache, connectReader, journalId } from "../file/connection.ts";
import { withDatabase } from "../interface/handle.ts";
import { type Journal, JournalError } from "../interface/journal.ts";
import { defaultBuffering, type Buffering } from "../file/buffering.ts";
import { openReading } from "../reading/reading.ts";
import { recognise, resolvePath } from "../file/recognise.ts";
import { failure, noDirectory, translating } from "../interface/storage-error.ts";
import type { RowSource } from "../interface/row-source.ts";
import { openStored } from "../reading/stored.ts";
import { openRewrites } from "../tape/rewritten.ts";
import { SpoolFile } from "../tape/spool-file.ts";
import { openTape } from "../tape/tape.ts";
import { eventsLeft } from "./recover.ts";
import { openAsWriter } from "./writer.ts";

/** Options for opening a journal to read it. */
export interface ReaderOptions {
  /** @internal */
  readonly buffering?: Partial<Buffering>;
  /**
   * Brings the rows that are not in the file. Then the file is a store's own, and holds what journal/DESIGN.md says in
   * "A journal whose rows are elsewhere".
   * @internal
   */
  readonly rows?: RowSource;
  /** Called if a redo log stands beside the journal that this reader cannot take over. */
  readonly onLeft?: (left: LeftTail) => void;
}

/** A redo log that may hold events which are not in the journal, and the reason why they are not read. */
export interface LeftTail {
  readonly file: string;
  /** Its size; most of it may be events that the journal has. */
  readonly bytes: number;
  /** The number of events that the journal lacks, as far as that is known. */
  readonly events?: number;
  readonly reason: string;
  /** Says what to do next. */
  readonly hint: string;
}

const none = { events: [], tapeLengths: [] } as const;

/**
 * Opens a journal for reading, also while it is written. If a writer was killed, its acknowledged events are taken over
 * first, provided that journal and redo log belong to this user and are writable; another user's journal is not
 * changed. Throws JournalError.
 */
export function openReader(file: string, options: ReaderOptions = {}): Journal {
  const path = resolvePath(file);
  if (!existsSync(dirname(path))) throw noDirectory(file);
  if (recognise(file, path) === "nothing")
    throw failure("missing", "open", file, "there is no journal");
  const obstacle = obstacleToRepair(path);
  const log = `${path}-tail`;
  const bytes = lstatSync(log, { throwIfNoEntry: false })?.size ?? 0;
  const reason = bytes === 0 ? undefined : (obstacle ?? recover(file));
  const tellLeft = (journal?: Journal): void => {
    if (reason === undefined) return;
    // Of what others wrote nothing is read.
    const events =
      journal === undefined || obstacle !== undefined
        ? undefined
        : eventsLeft(log, journal.id, journal.head());
    const counted = events === undefined ? {} : { events };
    options.onLeft?.({ file: log, bytes, ...counted, reason, hint: hintFor(reason) });
  };
  const kind = obstacle === undefined ? "tidies up" : "only reads";
  const held = options.rows === undefined ? "all" : "some";
  const db = translating("open", file, () => connectReader(path, kind, held));
  try {
    const journal = translating("open", file, () => read(db, file, options));
    tellLeft(journal);
    return journal;
  } catch (error) {
    db.close();
    throw error;
  }
}

function hintFor(reason: string): string {
  return reason === diskFull
    ? "make room; the next command takes over what is missing, and until then it stays in that file"
    : "the next command of one who may write the journal and its directory takes over what is missing";
}

function read(db: Database.Database, file: string, options: ReaderOptions): Journal {
  const { rows } = options;
  const stored = openStored(db, rows);
  let writer: Database.Database | undefined;
  const { cacheBytes, spoolBytes } = { ...defaultBuffering, ...options.buffering };
  // A reader makes no files beside the journal.
  const spool = new SpoolFile(tmpdir(), spoolBytes);
  const tape = openTape(db, cacheBytes, { rows, spool, isRewritten: openRewrites(db) });
  const reading = openReading({
    file,
    id: journalId(db),
    db,
    pending: none,
    committed: () => stored.head(),
    readTape: (start, end, target, at) => tape.read(start, end, target, at),
    promised: "from the host",
    writing: () => (writer ??= connectCache(db, file)),
    rows,
  });
  const close = (): void => {
    spool[Symbol.dispose]();
    writer?.close();
    db.close();
    rows?.close?.();
  };
  return withDatabase({ ...reading, close }, db);
}

const diskFull = "the disk is full";

/** Takes over the redo log. Returns the reason if that is not possible, unless a writer is at work on it. */
function recover(file: string): string | undefined {
  try {
    openAsWriter(file, {}, { patienceMilliseconds: 0 }).close();
    return undefined;
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    if (error.code === "locked") return undefined;
    if (error.code === "read-only") return "the journal is read-only";
    if (error.code === "full") return diskFull;
    throw error;
  }
}
