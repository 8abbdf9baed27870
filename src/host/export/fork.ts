import { closeSync, existsSync, fsyncSync, lstatSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";

import {
  type Copy,
  type Journal,
  JournalError,
  type Seq,
  copyJournal,
  filesOf,
} from "../../../journal/index.ts";
import { HostError, noParent, targetError } from "../disk/error.ts";

/** The new journal's own id and chain value, its number of events and the length of its tape. */
export type ForkSummary = Copy;

/**
 * Makes a new journal that begins with the events 1 to `seq` of another, with their times, runs and bytes unchanged,
 * and continues separately. Bytes redacted in the other since then are redacted in it, too. The file appears only once
 * it is complete. Throws HostError if the path exists, and JournalError.
 */
export function fork(journal: Journal, seq: Seq, file: string): ForkSummary {
  // A file left beside the new journal would be taken for its own.
  const found = filesOf(file).find(
    (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined,
  );
  if (found !== undefined) {
    const obstacle = found === file ? "it" : found;
    throw new HostError("exists", file, `cannot fork to ${file}: ${obstacle} exists`, {
      hint: "give a path that does not exist",
    });
  }
  if (!existsSync(dirname(resolve(file)))) {
    throw noParent("fork to", file);
  }
  const partial = `${file}.partial`;
  clear(partial);
  try {
    const summary = copy(journal, seq, partial);
    renameSync(partial, file);
    // Its bytes are on disk already; this makes its name durable.
    syncDirectory(dirname(resolve(file)));
    return summary;
  } catch (error) {
    throw targetError(error, "fork to", file);
  } finally {
    clear(partial);
  }
}

function copy(journal: Journal, seq: Seq, file: string): ForkSummary {
  try {
    return copyJournal(journal, seq, file);
  } catch (error) {
    if (!(error instanceof JournalError) || error.code !== "damaged") throw error;
    throw new JournalError("damaged", `the journal cannot be forked: ${error.message}`, {
      hint: "`rewindfs verify` names the first thing that is wrong",
      cause: error,
    });
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Removes an unfinished journal with the files beside it. */
function clear(file: string): void {
  for (const path of filesOf(file)) rmSync(path, { force: true });
}
