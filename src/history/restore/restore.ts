import type { RunKind, RunNumber, Seq } from "../../../journal/index.ts";
import {
  type Command,
  type FileSystem,
  FsError,
  type Inode,
  type Tree,
  sizeOf,
} from "../../fs/index.ts";
import {
  type Change,
  type ChangeKind,
  diffTrees,
  atOrBelow,
  modesOf,
  xattrChangesOf,
} from "../diff/diff.ts";
import { wholeGoals } from "./goal.ts";
import type { History } from "../view/history.ts";
import { planCommands } from "./plan.ts";
import { RestoreError } from "./restore-error.ts";
import { type Note, scopedGoals } from "./scope.ts";
import { normalize } from "../diff/subtree.ts";

/** The change that a restore makes to one path. */
export interface PlannedChange {
  readonly path: string;
  /** "touched" if only its times change. */
  readonly change: ChangeKind | "touched";
  /** The current path, if it is not `path`. */
  readonly from?: string;
  /** In bytes; a directory has none. */
  readonly sizeBefore?: number;
  readonly sizeAfter?: number;
}

/** A restore that is planned and not carried out. */
export interface RestorePlan {
  /** @internal */
  readonly commands: readonly Command[];
  /** The changes for people, sorted by path in byte order. */
  readonly changes: readonly PlannedChange[];
  readonly notes: readonly Note[];
}

/**
 * Plans the way from one state to another, as a whole or below some paths. Throws RestoreError if a path exists in
 * neither state or cannot be reached.
 */
export function planRestore(now: Tree, then: Tree, paths?: readonly string[]): RestorePlan {
  const { goals, notes } =
    paths === undefined
      ? { goals: wholeGoals(now, then), notes: [] }
      : scopedGoals(now, then, paths);
  const commands = planCommands(now, goals);
  return { commands, changes: describeChanges(now, then, paths?.map(normalize)), notes };
}

/** Options of a restore. */
export interface RestoreOptions {
  /** Restores only what is at and below these absolute paths. */
  readonly paths?: readonly string[];
  /** The moment as the user named it, for the journal. */
  readonly revision?: string;
  /** Labels of the run. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Arguments for the journal before the paths.
   * @internal
   */
  readonly words?: readonly string[];
}

/** A restore that was carried out. Without `done` there was nothing to do. */
export interface Restored extends RestorePlan {
  readonly done?: Done;
}

/** The run that carried it out. */
export interface Done {
  readonly run: RunNumber;
  /** Seqs of the run's first and last event. */
  readonly first: Seq;
  readonly last: Seq;
}

/** A filesystem on which a program runs at present: changes become a part of its run. */
export interface RunningFiles {
  readonly tree: Tree;
  /** Makes the changes. Throws RestoreError "stopped" if it refuses a part of them. */
  carryOut(commands: readonly Command[], start: RestoreStart): Done;
}

/** Tells of a restore, undo or redo in the words of a run's start. */
export interface RestoreStart {
  readonly cause: RunKind;
  readonly guest: string;
  readonly args: readonly string[];
  /** Labels of the run, where it is one. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Restores the filesystem to the state just after event `seq`, as one run of new events. Contents, names, inode
 * numbers, hard links, link targets and times become as they were then; no bytes are copied. Throws RestoreError,
 * RevisionError and JournalError.
 */
export function restore(
  fs: FileSystem | RunningFiles,
  history: History,
  seq: Seq,
  { paths, revision = `#${seq}`, words = [], labels = {} }: RestoreOptions = {},
): Restored {
  const plan = planRestore(fs.tree, history.at(seq), paths);
  if (plan.commands.length === 0) return plan;
  const args = [String(seq), ...words, ...(paths ?? [])];
  return { ...plan, done: perform(fs, plan, { cause: "restore", guest: revision, args, labels }) };
}

/**
 * Carries out a plan: as a run, or within the one that goes on. Throws RestoreError "stopped" if the filesystem refuses a
 * part of it.
 */
export function perform(
  fs: FileSystem | RunningFiles,
  plan: RestorePlan,
  start: RestoreStart,
): Done {
  if ("carryOut" in fs) return fs.carryOut(plan.commands, start);
  const { labels = {}, ...said } = start;
  const named = new Map(Object.entries(labels));
  const { run, seq: first } = fs.begin({
    ...said,
    ...(named.size === 0 ? {} : { labels: named }),
    environment: [],
    digest: "",
  });
  try {
    for (const command of plan.commands) fs.perform(command);
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    if (fs.failure !== undefined) throw fs.failure;
    fs.end({ exit: 1, reason: error.message });
    throw stoppedHalfway(start.cause, error, "undo takes back what was done");
  }
  return { run, first, last: fs.end({ exit: 0 }).seq };
}

/** Returns the error for a plan of which a part was done; `back` says how to take that back. */
export function stoppedHalfway(cause: RunKind, error: FsError, back: string): RestoreError {
  return new RestoreError("stopped", `the ${cause} stopped halfway: ${error.message}`, {
    hint: `${back}; a higher --limit lets it go on`,
    cause: error,
  });
}

/** Describes, for each path, the way from one state to another. */
export function describeChanges(now: Tree, then: Tree, paths?: readonly string[]): PlannedChange[] {
  const options = paths === undefined ? {} : { paths };
  const changes = diffTrees(now, then, { ...options, times: "include" });
  const isInside = atOrBelow(paths);
  const described = changes.map((change) => ({ change, planned: describe(change, isInside) }));
  // An inode that moved out of the scope may have made room for another one: to a person that is one path.
  const gone = byPath(described, "removed");
  const come = byPath(described, "added");
  return described.flatMap(({ change, planned }) => {
    const { path } = planned;
    const other = planned.change === "removed" ? come.get(path) : undefined;
    if (other !== undefined) return [exchange(path, change.before, other.change.after)];
    return planned.change === "added" && gone.has(path) ? [] : [planned];
  });
}

interface Described {
  readonly change: Change;
  readonly planned: PlannedChange;
}

function byPath(described: readonly Described[], kind: ChangeKind): ReadonlyMap<string, Described> {
  const found = described.filter(({ planned }) => planned.change === kind);
  return new Map(found.map((one) => [one.planned.path, one]));
}

/** Describes that another inode comes to a path. */
function exchange(
  path: string,
  before: Inode | undefined,
  after: Inode | undefined,
): PlannedChange {
  const kind = before?.type === after?.type ? "modified" : "type-changed";
  return { path, change: kind, ...sizesFor(before, after) };
}

function sizesFor(before: Inode | undefined, after: Inode | undefined) {
  const sizeOfFile = (inode: Inode | undefined) =>
    inode === undefined || inode.type === "directory" ? undefined : sizeOf(inode);
  const [sizeBefore, sizeAfter] = [sizeOfFile(before), sizeOfFile(after)];
  return {
    ...(sizeBefore === undefined ? {} : { sizeBefore }),
    ...(sizeAfter === undefined ? {} : { sizeAfter }),
  };
}

function describe(change: Change, isInside: (path: string) => boolean): PlannedChange {
  const { path, from, before, after, replaced } = change;
  const sizes = sizesFor(before, after);
  // An inode that moves into the scope or out of it is added or removed there.
  if (from !== undefined && !isInside(from))
    return replaced === undefined
      ? { path, change: "added", ...sizes }
      : exchange(path, replaced, after);
  if (!isInside(path)) return { path: from ?? path, change: "removed", ...sizes };
  const isTouch =
    change.change === "modified" &&
    change.content === "same" &&
    modesOf(change) === undefined &&
    xattrChangesOf(change).length === 0;
  const kind = isTouch ? "touched" : change.change;
  return { path, change: kind, ...(from === undefined ? {} : { from }), ...sizes };
}
