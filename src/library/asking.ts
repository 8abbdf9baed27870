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
  Saves,
  blame as blameIn,
  blameContent,
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
import { boundedExpression } from "../host/index.ts";
import { type Revision, type Source, openSource } from "./source.ts";

/** The two moments to compare. */
export interface Comparison {
  /** Default: just before the last run. */
  readonly from?: Revision;
  /** Default: the last moment. */
  readonly to?: Revision;
}

/** The moments and paths to compare, and what counts as a change. */
export interface DiffChoice extends Comparison {
  /** Limits the result to changes at or below these absolute paths, before or after. */
  readonly paths?: readonly string[];
  /** "include" counts a change of nothing but times. Default: "ignore". */
  readonly times?: "ignore" | "include";
}

/** The change of one path. */
export interface PathChange {
  /** The path now; for a removed inode, where it would be in its directory, wherever that is now. */
  readonly path: string;
  readonly change: ChangeKind;
  /** The path before, if it was different: the inode or a directory above it was renamed. */
  readonly from?: string;
  /** "changed" if bytes or a link's target differ; "same" if it was only renamed, touched or given a mode. */
  readonly content: "same" | "changed";
  readonly before?: Stat;
  readonly after?: Stat;
  /** The former inode at `path`, if another was renamed onto it. */
  readonly replaced?: Stat;
}

/** Returns the changes between two moments, sorted by path in byte order. Throws RevisionError and JournalError. */
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
 * Returns the difference of a path's content between two moments, line by line for text; a path that does not exist
 * counts as empty. Throws RevisionError and JournalError.
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

/** The bytes of a file to explain, and the moment. */
export interface BlameChoice {
  /** Default: the last moment. */
  readonly at?: Revision;
  /** The range of bytes from `start` to `end`. Default: all. */
  readonly start?: number;
  readonly end?: number;
  /**
   * "lines" (default) and "bytes" take a save for one edit, in which lines, or bytes, that it left alone keep their
   * author; "writes" names the event that wrote the byte last, even if it was the same before.
   */
  readonly by?: "lines" | "bytes" | "writes";
}

/**
 * Returns the event that each byte of a file comes from, in order, with line numbers. Throws FsError, RevisionError and
 * JournalError.
 */
export function blame(
  source: Source,
  path: string,
  { at = "@", start = 0, end, by = "lines" }: BlameChoice = {},
): LineSpan[] {
  using opened = openSource(source);
  const history = opened.it;
  const seq = history.resolve(at);
  const inode = lookup(history.at(seq), path, "follow");
  if (inode === undefined) throw new FsError("no-entry", path);
  if (inode.type !== "file") throw new FsError("is-directory", path);
  const last = Math.min(end ?? inode.content.size, inode.content.size);
  const spans =
    by === "writes"
      ? blameIn(history.journal, inode, seq, start, last)
      : blameContent(new Saves(history.journal), inode, seq, { start, end: last, by }).spans;
  return blameLines(inode, spans, tapeOf(history.journal));
}

/** The place and the moment to search. */
export interface GrepChoice {
  /** Searches at and below this absolute path. Default: everywhere. */
  readonly path?: string;
  /** Default: the last moment. A search of the past ends at this moment. */
  readonly at?: Revision;
}

/**
 * Yields every line that matches at one moment, in the order of a walk. Stop early or read to the end: a file stays
 * open until then. Throws FsError, BudgetError, RevisionError and JournalError, and ExpressionError for a regular
 * expression that takes seconds on one line.
 */
export function* grep(
  source: Source,
  pattern: Pattern,
  { path = "/", at = "@", budget }: GrepChoice & { readonly budget?: Budget } = {},
): Generator<Match> {
  using opened = openSource(source);
  const history = opened.it;
  const tree = history.at(history.resolve(at));
  yield* grepIn(tree, path, bounded(pattern), tapeOf(history.journal), budget);
}

/** Makes a regular expression end on any text: an expression of JavaScript can take exponential time on a line. */
function bounded(pattern: Pattern): Pattern {
  return pattern instanceof RegExp ? boundedExpression(pattern) : pattern;
}

/** Yields every line that ever matched, with the events that added and removed it; otherwise works like `grep`. */
export function* grepHistory(
  source: Source,
  pattern: Pattern,
  { path = "/", at = "@" }: GrepChoice = {},
): Generator<HistoryMatch> {
  using opened = openSource(source);
  const history = opened.it;
  yield* grepHistoryIn(history.journal, path, bounded(pattern), history.resolve(at));
}

/**
 * Yields every event that touched the file, directory or symlink that is, or last was, at a path at a moment, under all
 * the names that it ever had. Throws FsError for a path that never existed, RevisionError and JournalError.
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

/** Returns the runs that can be undone and redone, the next one last in both. Throws JournalError. */
export function undoStack(source: Source): UndoStack {
  using opened = openSource(source);
  return undoStackIn(opened.it.journal);
}
