import type { Seq } from "../../journal/index.ts";
import type { Tree } from "../fs/index.ts";
import { type History, type ReadTape, lookup } from "../history/index.ts";
import { type ChangedEntry, changedEntries } from "./apply-plan.ts";

/** A moment at which the host had what the filesystem has, but for what is left at and below some paths. */
export interface Base {
  readonly seq: Seq;
  /** Below the host's directory. Of these the base before tells what the host has. */
  readonly left: readonly string[];
}

/** What differs below a directory from what the host was given last: each path since the last base that it is of. */
export function changedSince(
  history: History,
  [base, ...older]: readonly [Base, ...Base[]],
  tree: Tree,
  guest: string,
  readTape: ReadTape,
): ChangedEntry[] {
  const then = history.at(base.seq);
  const entries = changedEntries(
    { tree: then, inode: lookup(then, guest) },
    { tree, inode: lookup(tree, guest) },
    { readTape },
  );
  const [before, ...rest] = older;
  if (before === undefined || base.left.length === 0) return entries;
  const left = new Set(base.left);
  const earlier = changedSince(history, [before, ...rest], tree, guest, readTape);
  return merged(without(entries, left, ""), only(earlier, left, ""));
}

/** The entries that are neither at nor below one of the paths. */
function without(
  entries: readonly ChangedEntry[],
  paths: ReadonlySet<string>,
  above: string,
): ChangedEntry[] {
  return entries.flatMap((entry) => {
    const path = `${above}${entry.name}`;
    if (paths.has(path)) return [];
    const inside = without(entry.entries, paths, `${path}/`);
    return entry.change === "within" && inside.length === 0 ? [] : [{ ...entry, entries: inside }];
  });
}

/** The entries at and below the paths, and the directories that lead to them. */
function only(
  entries: readonly ChangedEntry[],
  paths: ReadonlySet<string>,
  above: string,
): ChangedEntry[] {
  return entries.flatMap((entry): ChangedEntry[] => {
    const path = `${above}${entry.name}`;
    if (paths.has(path)) return [entry];
    const inside = only(entry.entries, paths, `${path}/`);
    return inside.length === 0 ? [] : [{ ...entry, change: "within", entries: inside }];
  });
}

/** Both, where the first tells what became of a directory that leads to entries of both. */
function merged(entries: readonly ChangedEntry[], others: readonly ChangedEntry[]): ChangedEntry[] {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  for (const other of others) {
    const entry = byName.get(other.name);
    if (entry === undefined) byName.set(other.name, other);
    else {
      const change = entry.change === "times" ? "within" : entry.change;
      byName.set(entry.name, { ...entry, change, entries: merged(entry.entries, other.entries) });
    }
  }
  return [...byName.values()];
}
