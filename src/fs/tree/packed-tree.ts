import type { Draft as Mutable } from "immer";

import {
  type Ino,
  Listing,
  type Name,
  type SpecialType,
  type TapePosition,
  rootIno,
} from "../../../journal/index.ts";
import { type Content, type MutableContent, cover, emptyContent, extentsOf } from "./content.ts";
import { type MutableEntries, entriesFrom, entriesIn } from "../table/entries.ts";
import { ListingOrigin, openInodes } from "./listing.ts";
import { setAt } from "../table/table.ts";
import { setRange, unusedPages, usedEntries } from "../table/table-range.ts";
import {
  type Inode,
  type Link,
  type MutableTree,
  type Tree,
  emptyTree,
  inodeOf,
  linkTo,
  newDirectory,
  newFile,
  newSpecial,
  newSymlink,
} from "./tree.ts";

/** A tree as plain values, without extended attributes, to send to another process of the same program. */
export interface PackedTree {
  readonly nextIno: number;
  readonly count: number;
  readonly mapped: number;
  readonly orphans: readonly number[];
  readonly inodes: readonly PackedInode[];
  /** Listings whose inodes nobody has looked at, but for some of them. */
  readonly listings: readonly PackedListing[];
}

interface PackedListing extends PackedOrigin {
  /** The bytes of its list. */
  readonly bytes: Uint8Array;
  /** The first number of each page of 32 inodes that is as the list says. */
  readonly pages: Float64Array;
}

type PackedOrigin = ListingOrigin["event"];

interface PackedInode {
  readonly ino: number;
  readonly times: readonly [bigint, bigint, bigint];
  /** Pairs of parent and name in a flat list. */
  readonly names: readonly (number | string)[];
  readonly formerly?: string;
  /** The mode of a file or directory, if one was set. */
  readonly mode?: number;
  /** Set for a directory. */
  readonly isDirectory?: true;
  /** The entries of a directory whose inodes may be those of a listing: names, and their numbers. */
  readonly entries?: readonly (readonly [string, number])[];
  /** Set for a named pipe or a socket. */
  readonly special?: SpecialType;
  /** Set for a symlink. */
  readonly target?: string;
  /** Set for a file: its size, then offset, length and tape position of each piece. */
  readonly content?: Float64Array;
}

/** A range of the tape, from `start` to `end`. */
export interface TapeRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Packs everything below these directories, and the names of the directories above them. No other name or byte is
 * included. Also returns the ranges of the tape that the packed files use, in order, without those of files that are
 * hidden.
 */
export function packTree(
  tree: Tree,
  roots: readonly Ino[],
  hides?: (inode: Inode) => boolean,
): { readonly packed: PackedTree; readonly tape: readonly TapeRange[] } {
  const listings = roots.includes(rootIno) && hides === undefined ? listingsIn(tree) : new Map();
  if (listings.size > 0) return packWithListings(tree, listings, new Set(roots));
  const reached = reachedFrom(tree, roots);
  const ranges: TapeRange[] = [];
  const inodes: PackedInode[] = [];
  const pack = (inode: Inode, isReached: boolean): void =>
    void inodes.push(packInode(inode, isReached && hides?.(inode) !== true ? ranges : undefined));
  for (const ino of reached.all) packAt(tree, ino, (inode) => pack(inode, true));
  for (const ino of reached.above) packAt(tree, ino, (inode) => pack(inode, false));
  const { nextIno, count, mapped, orphans } = tree;
  return {
    packed: {
      nextIno,
      count,
      mapped,
      orphans: [...orphans].filter((ino) => reached.all.has(ino)),
      inodes,
      listings: [],
    },
    tape: mergedRanges(ranges),
  };
}

function packInode(inode: Inode, ranges: TapeRange[] | undefined): PackedInode {
  const { ino, atime, mtime, ctime, formerly } = inode;
  return {
    ino,
    times: [atime, mtime, ctime],
    names: inode.names.flatMap(({ parent, name }) => [parent, name]),
    ...(formerly === undefined ? {} : { formerly }),
    ...kindOf(inode, ranges),
  };
}

/** Returns the listings of which not all inodes were looked at, with the first number of each page that is as listed. */
function listingsIn(tree: Tree): Map<ListingOrigin, number[]> {
  const pages = new Map<ListingOrigin, number[]>();
  for (const [page, origin] of unusedPages(tree.inodes)) {
    if (!(origin instanceof ListingOrigin)) continue;
    const known = pages.get(origin);
    if (known === undefined) pages.set(origin, [page]);
    else known.push(page);
  }
  return pages;
}

/**
 * Packs a whole tree, but for inodes that are as a listing lists them. Everything in it is reached that has a name, or is
 * a root.
 */
function packWithListings(
  tree: Tree,
  pages: ReadonlyMap<ListingOrigin, readonly number[]>,
  roots: ReadonlySet<Ino>,
): ReturnType<typeof packTree> {
  const ranges = Array.from(pages).flatMap(([origin, keys]) => promisedIn(origin, keys));
  const listings = Array.from(pages, ([{ event, listing }, keys]) => ({
    ...event,
    bytes: listing.bytes,
    pages: Float64Array.from(keys),
  }));
  const inodes: PackedInode[] = [];
  for (const [, inode] of usedEntries(tree.inodes)) {
    if (tree.orphans.has(inode.ino) && !roots.has(inode.ino)) continue;
    const entries = inode.type === "directory" ? { entries: [...entriesIn(inode.entries)] } : {};
    inodes.push({ ...packInode(inode, ranges), ...entries });
  }
  const { nextIno, count, mapped } = tree;
  const orphans = [...tree.orphans].filter((ino) => roots.has(ino));
  return {
    packed: { nextIno, count, mapped, orphans, inodes, listings },
    tape: mergedRanges(ranges),
  };
}

/** Returns where the bytes of files are promised that are as the list says; others may be gone, and unseen. */
function promisedIn(
  { event: { first, start }, listing }: ListingOrigin,
  pages: readonly number[],
): TapeRange[] {
  const before = (ino: number) =>
    ino - first < listing.count ? listing.positionOf(ino - first) : listing.promised;
  const ranges = pages.map((page) => ({
    start: start + before(page),
    end: start + before(page + 32),
  }));
  return mergedRanges(ranges);
}

function packAt(tree: Tree, ino: Ino, pack: (inode: Inode) => void): void {
  const inode = inodeOf(tree, ino);
  if (inode !== undefined) pack(inode);
}

/** Finds the inodes below the directories, and the directories above all their names. */
function reachedFrom(tree: Tree, roots: readonly Ino[]) {
  const all = new Set<Ino>(roots);
  for (const ino of all) {
    const inode = inodeOf(tree, ino);
    if (inode?.type !== "directory") continue;
    for (const [, child] of entriesIn(inode.entries)) all.add(child);
  }
  const above = new Set<Ino>();
  for (const ino of all) {
    const steps = [...(inodeOf(tree, ino)?.names ?? [])];
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      if (all.has(step.parent) || above.has(step.parent)) continue;
      above.add(step.parent);
      steps.push(...(inodeOf(tree, step.parent)?.names ?? []));
    }
  }
  return { all, above };
}

function kindOf(
  inode: Inode,
  ranges: TapeRange[] | undefined,
): Pick<PackedInode, "mode" | "isDirectory" | "special" | "target" | "content"> {
  const said = inode.type === "symlink" || inode.mode === undefined ? {} : { mode: inode.mode };
  switch (inode.type) {
    case "directory":
      return { isDirectory: true, ...said };
    case "fifo":
    case "socket":
      return { special: inode.type, ...said };
    case "symlink":
      return { target: inode.target };
    case "file": {
      const numbers: number[] = [inode.content.size];
      for (const { offset, length, tape } of extentsOf(inode.content)) {
        if (tape === "hole") continue;
        numbers.push(offset, length, tape);
        ranges?.push({ start: tape, end: tape + length });
      }
      return { content: Float64Array.from(numbers), ...said };
    }
  }
}

/** Puts ranges in order, and joins those that touch or overlap. */
export function mergedRanges(ranges: readonly TapeRange[]): TapeRange[] {
  const found: { start: number; end: number }[] = [];
  for (const { start, end } of ranges.toSorted((one, other) => one.start - other.start)) {
    const last = found.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else found.push({ start, end });
  }
  return found;
}

/** Unpacks a tree. Its directories have only the entries that were packed. */
export function unpackTree(packed: PackedTree): MutableTree {
  const entries = new Map<number, Map<Name, Ino>>();
  const tree = emptyTree();
  for (const listed of packed.listings) unpackListing(tree, listed);
  for (const inode of packed.inodes) {
    const names: Link[] = [];
    for (let index = 0; index < inode.names.length; index += 2) {
      const [parent, name] = [inode.names[index] as Ino, inode.names[index + 1] as Name];
      names.push(linkTo(parent, name));
      let listed = entries.get(parent);
      if (listed === undefined) entries.set(parent, (listed = new Map()));
      listed.set(name, inode.ino as Ino);
    }
    setAt(tree.inodes, inode.ino, unpackInode(inode, names));
  }
  for (const [parent, listed] of entries) {
    const directory = inodeOf(tree, parent as Ino) as MutableDirectory | undefined;
    if (directory === undefined) continue;
    directory.entries = entriesFrom(listed) as MutableEntries;
    directory.size = listed.size;
  }
  for (const { ino, entries: listed } of packed.inodes) {
    const directory = inodeOf(tree, ino as Ino) as MutableDirectory | undefined;
    if (listed === undefined || directory === undefined) continue;
    directory.entries = entriesFrom(new Map(listed as [Name, Ino][])) as MutableEntries;
    directory.size = listed.length;
  }
  tree.nextIno = packed.nextIno as Ino;
  tree.count = packed.count;
  tree.mapped = packed.mapped;
  tree.orphans = new Set(packed.orphans as Ino[]);
  return tree;
}

function unpackListing(tree: MutableTree, packed: PackedListing): void {
  const { bytes, pages, ...event } = packed;
  const listing = new Listing(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  const { inodeAt } = openInodes(event, listing);
  const origin = new ListingOrigin(event, listing);
  for (const page of pages) setRange(tree.inodes, page, page + 32, inodeAt, origin);
}

type MutableDirectory = { entries: MutableEntries; size: number };

function unpackInode(packed: PackedInode, names: readonly Link[]): Mutable<Inode> {
  const [atime, mtime, ctime] = packed.times;
  const ino = packed.ino as Ino;
  const times = {
    atime,
    mtime,
    ctime,
    ...(packed.formerly === undefined ? {} : { formerly: packed.formerly }),
  };
  const content = contentOf(packed.content);
  const inode: Inode =
    packed.isDirectory === true
      ? { ...newDirectory(ino, names, mtime, packed.mode), ...times }
      : packed.target !== undefined
        ? { ...newSymlink(ino, names, mtime, packed.target), ...times }
        : packed.special !== undefined
          ? { ...newSpecial(packed.special, ino, names, mtime, packed.mode), ...times }
          : { ...newFile(ino, names, mtime, packed.mode), ...times, content: content as Content };
  return inode as Mutable<Inode>;
}

function contentOf(numbers: Float64Array = Float64Array.of(0)): MutableContent {
  const content = emptyContent();
  for (let index = 1; index < numbers.length; index += 3) {
    const [offset = 0, length = 0, tape = 0] = numbers.subarray(index, index + 3);
    cover(content, offset, length, tape as TapePosition);
  }
  content.size = numbers[0] ?? 0;
  return content;
}
