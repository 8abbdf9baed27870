import { type Journal, openReader } from "../../journal/index.ts";
import {
  type History,
  type HistoryOptions,
  openHistory as openHistoryOf,
} from "../history/index.ts";
import { type OpenFileSystem, openFileSystem } from "./open-file-system.ts";

/** A journal to look at: its file, its past, or its open filesystem. A file is opened for the call, and closed again. */
export type Source = string | History | OpenFileSystem;

/** A journal to change: its file, or its open filesystem. A file must hold a journal; it is opened for the call. */
export type Target = string | OpenFileSystem;

/**
 * A moment: the number of the event that it is just after, or a revision as the command line takes it: "@" the last
 * event, "@-3" three before it, "run:2" the end of a run, "run:2^" just before it, "mark:NAME", a time, "-5m".
 */
export type Revision = string | number;

/**
 * Opens the past of a journal: of a file, which is then closed by `History.close`, or of a journal that is open. Throws
 * JournalError.
 */
export function openHistory(journal: string | Journal, options: HistoryOptions = {}): History {
  return openHistoryOf(typeof journal === "string" ? openReader(journal) : journal, options);
}

/** Opens a source as its past. Whoever asked closes what was opened for it. */
export function openSource(source: Source): Opened<History> {
  if (typeof source !== "string") {
    return { it: "history" in source ? source.history : source, [Symbol.dispose]() {} };
  }
  const journal = openReader(source);
  return { it: openHistoryOf(journal), [Symbol.dispose]: () => journal.close() };
}

/** Opens a target as its filesystem. With "make" a journal is made where there is none. */
export function openTarget(
  target: Target,
  missing: "refuse" | "make" = "refuse",
): Opened<OpenFileSystem> {
  if (typeof target !== "string") return { it: target, [Symbol.dispose]() {} };
  if (missing === "refuse") openReader(target).close();
  const files = openFileSystem(target);
  return { it: files, [Symbol.dispose]: () => files.close() };
}

/** Something that was opened for a call, or was open before; the call's end closes only the first. */
export interface Opened<T> extends Disposable {
  readonly it: T;
}
