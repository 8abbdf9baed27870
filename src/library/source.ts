import { type Journal, openReader } from "../../journal/index.ts";
import {
  type History,
  type HistoryOptions,
  openHistory as openHistoryOf,
} from "../history/index.ts";
import { type OpenFileSystem, openFileSystem } from "./open-file-system.ts";

/** A journal to read: its file, its past, or its open filesystem. A file is opened for the call, and closed again. */
export type Source = string | History | OpenFileSystem;

/** A journal to change: its file, which must exist, or its open filesystem. A file is opened for the call. */
export type Target = string | OpenFileSystem;

/**
 * A moment: the number of the event that it follows, or a revision like on the command line: "@" the last event, "@-3"
 * three before it, "run:2" the end of a run, "run:2^" just before it, "mark:NAME", a time, "-5m".
 */
export type Revision = string | number;

/**
 * Opens the past of a journal: of a file, which `History.close` then closes, or of an open journal. Throws
 * JournalError.
 */
export function openHistory(journal: string | Journal, options: HistoryOptions = {}): History {
  return openHistoryOf(typeof journal === "string" ? openReader(journal) : journal, options);
}

/** Opens the past of a source; the caller must dispose of the result. */
export function openSource(source: Source): Opened<History> {
  if (typeof source !== "string") {
    return { it: "history" in source ? source.history : source, [Symbol.dispose]() {} };
  }
  const journal = openReader(source);
  return { it: openHistoryOf(journal), [Symbol.dispose]: () => journal.close() };
}

/** Opens the filesystem of a target. With "make" it makes a journal that does not exist. */
export function openTarget(
  target: Target,
  missing: "refuse" | "make" = "refuse",
): Opened<OpenFileSystem> {
  if (typeof target !== "string") return { it: target, [Symbol.dispose]() {} };
  if (missing === "refuse") openReader(target).close();
  const files = openFileSystem(target);
  return { it: files, [Symbol.dispose]: () => files.close() };
}

/** A value that was opened for a call, or was open before; disposing closes it only in the first case. */
export interface Opened<T> extends Disposable {
  readonly it: T;
}
