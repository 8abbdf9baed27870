import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import { connectReader, journalId } from "./connection.ts";
import { withDatabase } from "./handle.ts";
import { type Journal, JournalError } from "./journal.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { openReading } from "./reading.ts";
import { recognise, resolvePath } from "./recognise.ts";
import { failure, noDirectory, translating } from "./storage-error.ts";
import { openStored } from "./stored.ts";
import { openTape } from "./tape.ts";
import { openAsWriter } from "./writer.ts";

/** How a journal is opened for reading. */
export interface ReaderOptions {
  readonly limits?: Partial<Limits>;
}

const none = { events: [], tapeLengths: [] } as const;

/**
 * Opens a journal for reading, while another writes it or not. Where a writer was killed and none has come after it,
 * what it had acknowledged is first taken over, if the file can be written. Throws JournalError.
 */
export function openReader(file: string, options: ReaderOptions = {}): Journal {
  const path = resolvePath(file);
  if (!existsSync(dirname(path))) throw noDirectory(file);
  if (recognise(file, path) === "nothing")
    throw failure("missing", "open", file, "there is no journal");
  if (existsSync(`${path}-tail`)) recover(file);
  const db = translating("open", file, () => connectReader(path));
  try {
    return translating("open", file, () => read(db, file, options));
  } catch (error) {
    db.close();
    throw error;
  }
}

function read(db: Database.Database, file: string, options: ReaderOptions): Journal {
  const stored = openStored(db);
  const tape = openTape(db, options.limits?.cacheBytes ?? defaultLimits.cacheBytes);
  const reading = openReading({
    file,
    id: journalId(db),
    db,
    pending: none,
    committed: () => stored.head(),
    readTape: (start, end, target, at) => tape.read(start, end, target, at),
  });
  return withDatabase({ ...reading, close: () => void db.close() }, db);
}

function recover(file: string): void {
  try {
    openAsWriter(file, {}, { patienceMilliseconds: 0 }).close();
  } catch (error) {
    // A writer is at work, or nobody may write here: then what is committed is all there is to read.
    if (error instanceof JournalError && (error.code === "locked" || error.code === "read-only"))
      return;
    throw error;
  }
}
