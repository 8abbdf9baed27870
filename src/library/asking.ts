import type { Event } from "../../journal/index.ts";
import { FsError } from "../fs/index.ts";
import {
  type Budget,
  type Change,
  type ChangeKind,
  type ContentDiff,
  type DiffBudget,
  type FileHistoryOptions,
  type HistoryMatch,
  type LineSpan,
  type Match,
  type Pattern,
  type Stat,
  type UndoStack,
  blame as blameIn,
  blameLines,
  comparableTape,
  diffContent as diffContentIn,
  diffTrees,
  fileHistory as fileHistoryIn,
  grep as grepIn,
  grepHistory as grepHistoryIn,
  inodeNumberAt,
  lookup,
  statOf,
  tapeOf,
  undoStack as undoStackIn,
} from "../history/index.ts";
import { type Revision, type Source, openSource } from "./source.ts";

/** Which two moments are compared. */
export interface Comparison {
  /** Just before the last run unless given. */
  readonly from?: Revision;
  /** The last moment unless given. */
  readonly to?: Revision;
}

/** What is compared, and what counts as a change. */
export interface DiffChoice extends Comparison {
  /** Only changes at or below these absolute paths, before or after. */
  readonly paths?: readonly string[];
  /** Whether a change of nothing but times counts; "ignore" unless given. */
  readonly times?: "ignore" | "include";
}

/** What became of one path. */
export interface PathChange {
  /** Where it is now; when it is gone, where it would be in its directory, wherever that is now. */
  readonly path: string;
  readonly change: ChangeKind;
  /** Where it was before, when that is not `path`: it was renamed, or a directory above it was. */
  readonly from?: string;
  /** Whether bytes or a link's target changed; "same" for what was only renamed, touched or given a mode. */
  readonly content: "same" | "changed";
  readonly before?: Stat;
  readonly after?: Stat;
  /** What stood at `path` before something was renamed onto it. */
  readonly replaced?: Stat;
}

/** Tells what changed from one moment to another, in the byte order of the paths. Throws RevisionError and JournalError. */
export function diff(source: Source, options: DiffChoice = {}): PathChange[] {
  using opened = openSource(source);
  const history = opened.it;
  const { from = "run:-1^", to = "@", ...how } = options;
  const [before, after] = [history.at(history.resolve(from)), history.at(history.resolve(to))];
  const readTape = comparableTape(history.journal);
  return diffTrees(before, after, { ...how, readTape }).map(statsOf);
}

function statsOf({ before, after, replaced, ...change }: Change): PathChange {
  return {
    ...change,
    ...(before === undefined ? {} : { before: statOf(before) }),
    ...(after === undefined ? {} : { after: statOf(after) }),
    ...(replaced === undefined ? {} : { replaced: statOf(replaced) }),
  };
}

/**
 * Tells how the content of a path differs from one moment to another, line by line where it is text; where it was or is
 * not there, from nothing. Throws RevisionError and JournalError.
 */
export function diffContent(
  source: Source,
  path: string,
  { from = "run:-1^", to = "@", ...budget }: Comparison & Partial<DiffBudget> = {},
): ContentDiff {
  using opened = openSource(source);
  const history = opened.it;
  const [before, after] = [from, to].map((moment) =>
    lookup(history.at(history.resolve(moment)), path),
  );
  return diffContentIn(before, after, comparableTape(history.journal), budget);
}

/** Which bytes of a file, and when. */
export interface BlameChoice {
  /** The last moment unless given. */
  readonly at?: Revision;
  /** Bytes from `start` to `end`; all of them unless given. */
  readonly start?: number;
  readonly end?: number;
}

/** Tells which event wrote each byte of a file, in order, with the lines. Throws FsError, RevisionError and JournalError. */
export function blame(
  source: Source,
  path: string,
  { at = "@", start, end }: BlameChoice = {},
): LineSpan[] {
  using opened = openSource(source);
  const history = opened.it;
  const seq = history.resolve(at);
  const inode = lookup(history.at(seq), path, "follow");
  if (inode === undefined) throw new FsError("no-entry", path);
  if (inode.type !== "file") throw new FsError("is-directory", path);
  const spans = blameIn(history.journal, inode, seq, start, end);
  return blameLines(inode, spans, tapeOf(history.journal));
}

/** Where and when a pattern is searched for. */
export interface GrepChoice {
  /** At and below this absolute path; all of it unless given. */
  readonly path?: string;
  /** The last moment unless given; for a search of the past the last one that counts. */
  readonly at?: Revision;
}

/**
 * Finds every line that matches at one moment, in the order of a walk. Stop early, or go through all: a file stays open
 * until then. Throws FsError, BudgetError, RevisionError and JournalError.
 */
export function* grep(
  source: Source,
  pattern: Pattern,
  { path = "/", at = "@", budget }: GrepChoice & { readonly budget?: Budget } = {},
): Generator<Match> {
  using opened = openSource(source);
  const history = opened.it;
  const tree = history.at(history.resolve(at));
  yield* grepIn(tree, path, pattern, tapeOf(history.journal), budget);
}

/** Finds every line that ever matched, with the events that brought it and removed it. Works as `grep` does otherwise. */
export function* grepHistory(
  source: Source,
  pattern: Pattern,
  { path = "/", at = "@" }: GrepChoice = {},
): Generator<HistoryMatch> {
  using opened = openSource(source);
  const history = opened.it;
  yield* grepHistoryIn(history.journal, path, pattern, history.resolve(at));
}

/**
 * Tells every event that touched the file, directory or symlink which a path leads to at a moment, or led to last, under
 * all the names that it ever had. Throws FsError for a path that never was, RevisionError and JournalError.
 */
export function* fileHistory(
  source: Source,
  path: string,
  { at = "@", ...options }: FileHistoryOptions & { readonly at?: Revision } = {},
): Generator<Event> {
  using opened = openSource(source);
  const history = opened.it;
  const seq = history.resolve(at);
  const ino = inodeNumberAt(history.journal, history.at(seq), seq, path);
  if (ino === undefined) throw new FsError("no-entry", path);
  yield* fileHistoryIn(history.journal, ino, options);
}

/** Tells which runs can be undone and redone, the next one last in both. Throws JournalError. */
export function undoStack(source: Source): UndoStack {
  using opened = openSource(source);
  return undoStackIn(opened.it.journal);
}
