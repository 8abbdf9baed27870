import type { Name } from "../../../journal/index.ts";
import { type Inode, type Tree, hasOtherMode, sameContent } from "../../fs/index.ts";
import { type Counting, type ReadTape, readdir, sameBytes } from "../../history/index.ts";
import { HostError } from "../disk/error.ts";
import { Alike, type InState } from "./alike.ts";

/** Each level of directories takes a descriptor and some of the stack. */
export const deepest = 2_048;

/** A directory entry that changed, or a directory that holds one. */
export interface ChangedEntry {
  readonly name: Name;
  readonly before: Inode | undefined;
  readonly after: Inode | undefined;
  /**
   * "within": only entries of the directory changed. "times": only its time changed; "mode": only its mode, and perhaps
   * its time.
   */
  readonly change: "added" | "removed" | "modified" | "type-changed" | "mode" | "times" | "within";
  /** Changes in it; of a directory that came or went, everything. */
  readonly entries: readonly ChangedEntry[];
}

interface Place {
  readonly tree: Tree;
  readonly inode: Inode | undefined;
}

export interface Comparison {
  readonly readTape: ReadTape;
  /** Filters a directory's names; all count by default. */
  readonly counting?: Counting;
}

/** One version of a path: its inode and its entries. */
export interface Side {
  readonly inode: Inode | undefined;
  /** Empty unless it is a directory. `path` is below where the comparison began, with a leading slash. */
  readonly entries: (path: string) => ReadonlyMap<Name, Side>;
  /** The states that decide about it and everything in it; absent where more than states decides. */
  readonly states?: readonly InState[] | undefined;
  /** Those states, also where something in it is no part of the folder; `decides` says what is. */
  readonly ownStates?: readonly InState[] | undefined;
  /** Returns one entry without going through the others; absent where `states` is. */
  readonly child?: (name: Name) => Side | undefined;
  /** Tells if the states decide about a path of the folder; absent where `states` is. */
  readonly decides?: (path: string) => boolean;
}

/** Compares two directories by name and content; returns the differences as a tree of its own. */
export function changedEntries(
  before: Place,
  after: Place,
  { readTape, counting }: Comparison,
): ChangedEntry[] {
  return changedSides(
    treeSide(before.tree, before.inode, counting),
    treeSide(after.tree, after.inode, counting),
    { readTape },
  );
}

/** Compares any two versions. */
export function changedSides(
  before: Side,
  after: Side,
  comparison: Pick<Comparison, "readTape">,
): ChangedEntry[] {
  return changedIn(before, after, { ...comparison, alike: new Alike() }, "", 0);
}

interface Walk extends Pick<Comparison, "readTape"> {
  readonly alike: Alike;
}

function changedIn(
  before: Side,
  after: Side,
  walk: Walk,
  path: string,
  depth: number,
): ChangedEntry[] {
  if (isAlike(before, after, walk.alike)) return [];
  if (depth > deepest) {
    throw new HostError("limit", "/", "directories are nested too deeply to be applied", {
      hint: `the host takes ${deepest} levels`,
    });
  }
  const was = before.entries(path);
  const is = after.entries(path);
  const changed: ChangedEntry[] = [];
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    const [left = nothingThere, right = nothingThere] = [was.get(name), is.get(name)];
    const entries =
      left.inode?.type === "directory" || right.inode?.type === "directory"
        ? changedIn(left, right, walk, `${path}/${name}`, depth + 1)
        : [];
    const change = changeOf(left.inode, right.inode, entries.length, walk.readTape);
    if (change !== "same")
      changed.push({ name, before: left.inode, after: right.inode, change, entries });
  }
  return changed;
}

/** Tells if two versions of a directory are the same, with everything in it, and quickly known to be. */
export function isAlike(one: Side, other: Side, alike: Alike): boolean {
  const [left, right] = [one.states, other.states];
  return left !== undefined && right !== undefined && alike.has(left, right);
}

export const nothingThere: Side = { inode: undefined, entries: () => new Map() };

/** Returns an inode of a state with its entries. */
export function treeSide(tree: Tree, inode: Inode | undefined, counting?: Counting): Side {
  return {
    inode,
    states: [{ tree, inode }],
    entries: (path) => {
      if (inode?.type !== "directory") return new Map();
      const entries = readdir(tree, inode);
      const counts = counting?.(
        entries.map(({ name }) => name),
        path,
      );
      const counted = counts === undefined ? entries : entries.filter(counts);
      return new Map(counted.map((entry) => [entry.name, treeSide(tree, entry.inode, counting)]));
    },
  };
}

function changeOf(
  before: Inode | undefined,
  after: Inode | undefined,
  entries: number,
  readTape: ReadTape,
): ChangedEntry["change"] | "same" {
  if (before === undefined) return "added";
  if (after === undefined) return "removed";
  if (before.type !== after.type) return "type-changed";
  if (entries > 0) return "within";
  if (isRelinked(before, after) || !holdsSame(before, after, readTape)) return "modified";
  if (hasOtherMode(before, after)) return "mode";
  return before.mtime === after.mtime ? "same" : "times";
}

/** Tells if another inode took the place of one that had, or has, more names. */
function isRelinked(before: Inode, after: Inode): boolean {
  return before.ino !== after.ino && (before.names.length > 1 || after.names.length > 1);
}

/** Tells if two inodes hold the same bytes or lead to the same place; directories need only the type. */
export function holdsSame(before: Inode, after: Inode, readTape: ReadTape): boolean {
  if (before.type === "symlink" && after.type === "symlink") return before.target === after.target;
  if (before.type !== "file" || after.type !== "file") return before.type === after.type;
  return (
    sameContent(before.content, after.content) || sameBytes(before.content, after.content, readTape)
  );
}
