import { type Event, type Journal, type Seq, isMutation } from "../../../journal/index.ts";
import type { FileSystem } from "../../fs/index.ts";
import { whereabouts } from "../ask/whereabouts.ts";
import { baseSeq } from "../snapshots/beginning.ts";
import type { History } from "../view/history.ts";
import { Saves } from "../saves/saves.ts";
import { normalize } from "../diff/subtree.ts";
import { lookup } from "../view/view.ts";
import { RestoreError } from "./restore-error.ts";
import { type Restored, type RunningFiles, perform, planRestore } from "./restore.ts";

/** The last change of a path: everything that one save, restore or import did to it. */
export interface LastChange {
  readonly path: string;
  readonly first: Seq;
  readonly last: Seq;
}

/** The reverted change of one path, or the one that would be reverted. */
export interface UndonePath extends Restored {
  readonly change: LastChange;
}

/**
 * Reverts the last change of each path, as a run for each; called again, the change before that. The last change of a
 * directory is the last one within it. Throws RestoreError if there is none.
 */
export function undoPaths(
  fs: FileSystem | RunningFiles,
  history: History,
  paths: readonly string[],
): UndonePath[] {
  // Finds all changes first: if one cannot be undone, nothing is changed.
  const changes = lastChanges(history, history.journal.head(), paths);
  return changes.map((change) => {
    const to = (change.first - 1) as Seq;
    const plan = planRestore(fs.tree, history.at(to), [change.path]);
    if (plan.commands.length === 0) return { ...plan, change };
    const args = [`${undoneTo}${to}`, change.path];
    return { ...plan, change, done: perform(fs, plan, { cause: "undo", guest: "--", args }) };
  });
}

/** Returns what `undoPaths` would do just after event `at`. Throws RestoreError. */
export function planUndoPaths(history: History, at: Seq, paths: readonly string[]): UndonePath[] {
  return lastChanges(history, at, paths).map((change) => {
    const before = history.at((change.first - 1) as Seq);
    return { ...planRestore(history.at(at), before, [change.path]), change };
  });
}

const undoneTo = "before:";

function lastChanges(history: History, at: Seq, paths: readonly string[]): LastChange[] {
  return paths.map(normalize).map((path) => {
    const found = lastChange(history, path, at);
    if (found === undefined) throw noChange(history, path);
    return found;
  });
}

function lastChange(history: History, path: string, at: Seq): LastChange | undefined {
  const { journal } = history;
  const places = placesOf(journal, path);
  let until = at;
  for (;;) {
    const event = lastEvent(history, path, places, until);
    if (event === undefined || event.seq <= baseSeq(journal)) return undefined;
    const run = journal.run(event.run);
    const { cause, args } = run?.start ?? { cause: "guest", args: [] };
    if (run === undefined || cause === "guest" || cause === "library")
      return { path, first: beginOfSave(history, event, path, at), last: event.seq };
    const before = cause === "undo" && args[1] === path ? undoneBy(args[0]) : undefined;
    // A journal may claim anything about a run; it can only have gone back to an earlier moment.
    if (before === undefined || before >= run.first)
      return { path, first: run.first, last: event.seq };
    // The path was restored to that state: the next change is before it.
    until = before;
  }
}

function undoneBy(text: string | undefined): Seq | undefined {
  if (text?.startsWith(undoneTo) !== true) return undefined;
  const seq = Number(text.slice(undoneTo.length));
  return Number.isSafeInteger(seq) && seq >= 0 ? (seq as Seq) : undefined;
}

/**
 * Returns the path, every path that was ever below it, and the directories above it, which may appear and vanish with
 * it.
 */
function placesOf(journal: Journal, path: string): string[] {
  const below = path === "/" ? "/" : `${path}/`;
  return [...journal.paths()].filter(
    (one) => one === path || one.startsWith(below) || path.startsWith(`${one}/`),
  );
}

function lastEvent(
  history: History,
  path: string,
  places: readonly string[],
  last: Seq,
): Event | undefined {
  const { journal } = history;
  const ino = lookup(history.at(last), path)?.ino;
  const onPath = firstThat(journal, history, path, { paths: places, last });
  const onInode = ino === undefined ? undefined : firstThat(journal, history, path, { ino, last });
  return (onInode?.seq ?? 0) > (onPath?.seq ?? 0) ? onInode : onPath;
}

/** Finds the last selected event that changed the path or something in it; accesses and new times do not count. */
function firstThat(
  journal: Journal,
  history: History,
  path: string,
  query: Parameters<Journal["query"]>[0],
): Event | undefined {
  for (const event of journal.query({ ...query, order: "reverse" })) {
    if (!isMutation(event) || event.kind === "set-times") continue;
    const isInside = "path" in event && event.path.startsWith(path === "/" ? "/" : `${path}/`);
    const [before, after] = [(event.seq - 1) as Seq, event.seq];
    if (isInside || lookup(history.at(before), path) !== lookup(history.at(after), path))
      return event;
  }
  return undefined;
}

/** A save truncates or makes a file, and writes; writes into an existing file are consecutive events. */
function beginOfSave(history: History, event: Event, path: string, at: Seq): Seq {
  const first = beginOfWrites(history, event, path);
  const ino = "ino" in event ? event.ino : undefined;
  // A program may have moved the old file away, or removed it, before it made the new one.
  const taken =
    ino === undefined ? undefined : new Saves(history.journal).around(ino, event.seq, at)?.taken;
  return taken === undefined || taken.lost > first ? first : taken.lost;
}

function beginOfWrites({ journal }: History, event: Event, path: string): Seq {
  if (!("ino" in event) || (event.kind !== "write" && event.kind !== "set-size")) return event.seq;
  let first = event.seq;
  let next = event.seq;
  for (const one of journal.query({ ino: event.ino, last: event.seq, order: "reverse" })) {
    if (one.run !== event.run) break;
    if (one.kind === "create" && one.path === path) return one.seq;
    if (one.kind === "set-size" && one.size === 0) return one.seq;
    if (one.kind !== "write" && one.kind !== "set-size" && one.kind !== "set-times") break;
    if (next - one.seq <= 1) first = one.seq;
    next = one.seq;
  }
  return first;
}

function noChange(history: History, path: string): RestoreError {
  const { journal } = history;
  const base = baseSeq(journal);
  const found = whereabouts(history, path, journal.head());
  const near = found.kind === "unknown" ? found.near : undefined;
  const left = base === 0 ? "" : `; what happened up to event ${base} is folded`;
  return new RestoreError("nothing-to-undo", `there is no change of ${path} to undo${left}`, {
    hint: near === undefined ? "`log --path` shows what happened there" : `did you mean ${near}?`,
  });
}
