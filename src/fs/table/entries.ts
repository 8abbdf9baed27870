import { isDraft } from "immer";

import type { Ino, Name } from "../../../journal/index.ts";
import { type Lazy, made } from "./lazy.ts";

/**
 * The entries of a directory: a trie over the hashes of names. Leaves have at most 32 entries, so that a change in a
 * directory of 100,000 entries copies one small leaf. Branches and leaves are classes because immer treats instances as
 * plain values: drafts of them would cost more than the change. See `entriesToChange`.
 */
export type Entries = EntryLeaf | EntryBranch;

class EntryLeaf {
  readonly names: ReadonlyMap<Name, Ino>;

  constructor(names: ReadonlyMap<Name, Ino>) {
    this.names = names;
  }
}

class EntryBranch {
  readonly branches: readonly Entries[];

  constructor(branches: readonly Entries[]) {
    this.branches = branches;
  }
}

export type MutableEntries = MutableLeaf | MutableBranch;
interface MutableLeaf {
  names: Map<Name, Ino>;
}
interface MutableBranch {
  branches: MutableEntries[];
}

const bits = 5;
const width = 1 << bits;
/** Names in a leaf at this depth share their whole hash, so the leaf may grow beyond 32. */
const deepest = 6;

export function emptyEntries(): MutableEntries {
  return leafOf(new Map());
}

export function getEntry(entries: Entries, name: Name): Ino | undefined {
  let node = entries;
  if ("names" in node) return node.names.get(name);
  let hash = hashOf(name);
  while (!("names" in node)) {
    node = childAt(node.branches, hash % width);
    hash >>>= bits;
  }
  return node.names.get(name);
}

/** Adds or replaces an entry of `directory`, a plain one or an immer draft. */
export function setEntry(directory: { entries: MutableEntries }, name: Name, ino: Ino): void {
  let hash = hashOf(name);
  let depth = 0;
  let node = entriesToChange(directory, hash);
  let replace = (split: MutableBranch) => {
    directory.entries = split;
  };
  while (!("names" in node)) {
    const branches = node.branches;
    const slot = hash % width;
    replace = (split) => {
      branches[slot] = split;
    };
    node = childAt(branches, slot);
    hash >>>= bits;
    depth += 1;
  }
  node.names.set(name, ino);
  if (node.names.size > width && depth < deepest) replace(split(node.names, depth));
}

/** Removes an entry of `directory`, a plain one or an immer draft. */
export function deleteEntry(directory: { entries: MutableEntries }, name: Name): void {
  let hash = hashOf(name);
  let node = entriesToChange(directory, hash);
  while (!("names" in node)) {
    node = childAt(node.branches, hash % width);
    hash >>>= bits;
  }
  node.names.delete(name);
}

/** Yields names and inodes, in no particular order. */
export function* entriesIn(entries: Entries): Generator<readonly [Name, Ino]> {
  if ("names" in entries) yield* entries.names;
  else {
    for (let slot = 0; slot < width; slot += 1) yield* entriesIn(childAt(entries.branches, slot));
  }
}

/** Yields the names that lead to different inodes in two directories; skips leaves that both share. */
export function* entryDifferences(
  before: Entries,
  after: Entries,
): Generator<readonly [Name, Ino | undefined, Ino | undefined]> {
  if (before === after) return;
  if (!("names" in before) && !("names" in after)) {
    for (let slot = 0; slot < width; slot += 1) {
      if (before.branches[slot] === after.branches[slot]) continue;
      yield* entryDifferences(childAt(before.branches, slot), childAt(after.branches, slot));
    }
    return;
  }
  const left = new Map(entriesIn(before));
  const right = new Map(entriesIn(after));
  for (const [name, ino] of left) {
    const other = right.get(name);
    if (other !== ino) yield [name, ino, other];
  }
  for (const [name, ino] of right) if (!left.has(name)) yield [name, undefined, ino];
}

/** The number of buckets that `bucketOf` spreads names over: those of the trie's first two levels. */
export const buckets = width * width;

/** Returns the bucket of a name, from 0 to `buckets` - 1. */
export function bucketOf(name: Name): number {
  const hash = hashOf(name);
  return (hash % width) * width + ((hash >>> bits) % width);
}

/**
 * Makes entries from names that share the first `depth` steps of the trie: any names, or those of a range of buckets.
 */
export function entriesFrom(names: Map<Name, Ino>, depth: 0 | 1 | 2 = 0): Entries {
  return grow(names, depth);
}

/**
 * Makes entries from ranges of buckets, each loaded at its first use: 32 ranges of 32 buckets (depth 1), or single
 * buckets (depth 2). `rangeAt` gets the first bucket of a range.
 */
export function entriesOfBuckets(depth: 1 | 2, rangeAt: (first: number) => Entries): Entries {
  const branch = (make: Lazy<Entries>): Entries => {
    const slots: unknown[] = Array.from({ length: width });
    return new EntryBranch(slots.fill(make) as readonly Entries[]);
  };
  return branch((high) =>
    depth === 1 ? rangeAt(high * width) : branch((low) => rangeAt(high * width + low)),
  );
}

function grow(names: Map<Name, Ino>, depth: number): MutableEntries {
  if (names.size <= width || depth >= deepest) return leafOf(names);
  const { branches } = split(names, depth);
  return branchOf(branches.map((leaf) => ("names" in leaf ? grow(leaf.names, depth + 1) : leaf)));
}

function split(names: ReadonlyMap<Name, Ino>, depth: number): MutableBranch {
  const branches = Array.from({ length: width }, () => leafOf(new Map()));
  for (const [name, ino] of names)
    childAt(branches, (hashOf(name) >>> (bits * depth)) % width).names.set(name, ino);
  return branchOf(branches);
}

/**
 * Returns a directory's entries for a change. A draft's entries may be shared with other states: so the leaf for `hash`
 * is copied, and everything else shared.
 */
function entriesToChange(directory: { entries: MutableEntries }, hash: number): MutableEntries {
  if (isDraft(directory)) directory.entries = copyTowards(directory.entries, hash);
  return directory.entries;
}

function copyTowards(entries: Entries, hash: number): MutableEntries {
  if ("names" in entries) return leafOf(new Map(entries.names));
  const slot = hash % width;
  const branches = entries.branches.slice();
  branches[slot] = copyTowards(childAt(entries.branches, slot), hash >>> bits);
  return branchOf(branches as MutableEntries[]);
}

function leafOf(names: Map<Name, Ino>): MutableLeaf {
  return new EntryLeaf(names) as MutableLeaf;
}

function branchOf(branches: MutableEntries[]): MutableBranch {
  return new EntryBranch(branches) as MutableBranch;
}

function childAt<T>(branches: readonly T[], slot: number): T {
  const child = made(branches, slot);
  if (child === undefined) throw new Error(`a directory's branch has no slot ${slot}`);
  return child;
}

/** FNV-1a over UTF-16 units: cheap, evenly spread, and the same on every machine. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}
