import { existsSync, lstatSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import { obstacleToRepair } from "../beside/beside.ts";
import { connectCache, connectReader, journalId } from "../file/connection.ts";
import { withDatabase } from "../format/handle.ts";
import { type Journal, JournalError } from "../format/journal.ts";
import { defaultBuffering, type Buffering } from "../file/buffering.ts";
import { openReading } from "../file/reading.ts";
import { recognise, resolvePath } from "../file/recognise.ts";
import { failure, noDirectory, translating } from "../format/storage-error.ts";
import { openStored } from "../file/stored.ts";
import { openTape } from "../tape/tape.ts";
import { openAsWriter } from "./writer.ts";

/** How a journal is opened for reading. */
export interface ReaderOptions {
  /** @internal */
  readonly buffering?: Partial<Buffering>;
  /** Told where a redo log stands beside the journal that this reader does not take over. */
  readonly onLeft?: (left: LeftTail) => void;
}

/** A redo log that may hold events which are not in the journal, and why they are not read. */
export interface LeftTail {
  readonly file: string;
  readonly bytes: number;
  readonly reason: string;
}

const none = { events: [], tapeLengths: [] } as const;

/**
 * Opens a journal for reading, while another writes it or not. Where a writer was killed and none has come after it,
 * what it had acknowledged is first taken over, if journal and redo log are this user's own and can be written; of
 * another journal nothing is changed. Throws JournalError.
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
  if (reason !== undefined) options.onLeft?.({ file: log, bytes, reason });
  const kind = obstacle === undefined ? "tidies up" : "only reads";
  const db = translating("open", file, () => connectReader(path, kind));
  try {
    return translating("open", file, () => read(db, file, options));
  } catch (error) {
    db.close();
    throw error;
  }
}

function read(db: Database.Database, file: string, options: ReaderOptions): Journal {
  const stored = openStored(db);
  let writer: Database.Database | undefined;
  const tape = openTape(db, options.buffering?.cacheBytes ?? defaultBuffering.cacheBytes);
  const reading = openReading({
    file,
    id: journalId(db),
    db,
    pending: none,
    committed: () => stored.head(),
    readTape: (start, end, target, at) => tape.read(start, end, target, at),
    writing: () => (writer ??= connectCache(db, file)),
  });
  const close = (): void => {
    writer?.close();
    db.close();
  };
  return withDatabase({ ...reading, close }, db);
}

/** Takes over what the redo log holds; gives why that is not possible, where no writer is at work on it. */
function recover(file: string): string | undefined {
  try {
    openAsWriter(file, {}, { patienceMilliseconds: 0 }).close();
    return undefined;
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    if (error.code === "locked") return undefined;
    if (error.code === "read-only") return "the journal is read-only";
    throw error;
  }
}
