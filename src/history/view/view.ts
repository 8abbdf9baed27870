import { type Ino, JournalError, type Name, rootIno } from "../../../journal/index.ts";
import {
  type File,
  type Inode,
  type Tree,
  childOf,
  entriesIn,
  extentsOf,
  inodeOf,
  modeOf,
  readContent,
  sizeOf,
} from "../../fs/index.ts";
import { Budget } from "./budget.ts";
import type { ReadTape } from "../snapshots/read-tape.ts";

/** One entry of a directory. */
export interface Entry {
  readonly name: Name;
  readonly inode: Inode;
}

/** The facts about an inode. Times are nanoseconds since the epoch; a symlink has a `target`. */
export interface Stat {
  readonly type: "file" | "directory" | "symlink" | "fifo" | "socket";
  /** The permission bits: 0644 and 0755 if none were set, 0777 for a symlink. */
  readonly mode: number;
  readonly size: number;
  readonly ino: Ino;
  readonly links: number;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly target?: string;
}

/** The most symlinks that one path may lead through. */
const mostLinks = 40;

/**
 * Returns the inode at a path from the root, or undefined if there is none. Follows symlinks on the way, and one at the
 * end only with "follow". An absolute target starts at the root, and ".." of the root is the root.
 */
export function lookup(
  tree: Tree,
  path: string,
  finalLink: "follow" | "keep" = "keep",
): Inode | undefined {
  const rest = path.split("/").reverse();
  const above: Ino[] = [];
  let at = rootIno;
  let links = 0;
  for (let segment = rest.pop(); segment !== undefined; segment = rest.pop()) {
    if (segment === "" || segment === ".") continue;
    if (inodeOf(tree, at)?.type !== "directory") return undefined;
    if (segment === "..") {
      at = above.pop() ?? rootIno;
      continue;
    }
    const ino = childOf(tree, at, segment as Name);
    const inode = ino === undefined ? undefined : inodeOf(tree, ino);
    if (ino === undefined || inode === undefined) return undefined;
    const isLast = rest.every((later) => later === "");
    if (inode.type === "symlink" && !(isLast && rest.length === 0 && finalLink === "keep")) {
      links += 1;
      if (links > mostLinks) return undefined;
      if (inode.target.startsWith("/")) {
        at = rootIno;
        above.length = 0;
      }
      rest.push(...inode.target.split("/").reverse());
      continue;
    }
    above.push(at);
    at = ino;
  }
  const inode = inodeOf(tree, at);
  return path.endsWith("/") && inode?.type !== "directory" ? undefined : inode;
}

/**
 * Returns the entries of a directory, sorted by name in byte order; none for any other inode. The inode of an entry is
 * loaded when it is asked for: that throws JournalError ("damaged") for one that is not there, and for a directory that
 * also has another place. So a walk over the result is a walk over a tree, and ends.
 */
export function readdir(tree: Tree, inode: Inode): Entry[] {
  if (inode.type !== "directory") return [];
  const entries: Entry[] = [];
  for (const [name, ino] of entriesIn(inode.entries))
    entries.push(new LazyEntry(tree, inode.ino, name, ino));
  return entries.sort((left, right) => compareText(left.name, right.name));
}

class LazyEntry implements Entry {
  readonly name: Name;
  readonly #tree: Tree;
  readonly #parent: Ino;
  readonly #ino: Ino;

  constructor(tree: Tree, parent: Ino, name: Name, ino: Ino) {
    this.#tree = tree;
    this.#parent = parent;
    this.name = name;
    this.#ino = ino;
  }

  get inode(): Inode {
    const inode = inodeOf(this.#tree, this.#ino);
    if (inode === undefined) throw notATree(`inode ${this.#ino} is not there`);
    if (inode.type === "directory") requirePlace(inode, this.#parent, this.name);
    return inode;
  }
}

/** A directory knows its one place, so a walk that checks it visits no directory twice. */
function requirePlace({ ino, names }: Inode, parent: Ino, name: Name): void {
  const [place, ...others] = names;
  if (others.length === 0 && place?.parent === parent && place.name === name) return;
  throw notATree(`directory ${ino} stands in more than one place, or in none`);
}

function notATree(why: string): JournalError {
  return new JournalError("damaged", `the journal is damaged: ${why}`, {
    hint: "rewindfs verify names the first event that cannot have happened",
  });
}

export function statOf(inode: Inode): Stat {
  const { type, ino, atime, mtime, ctime } = inode;
  const links = type === "directory" ? 1 : inode.names.length;
  const stat = { type, mode: modeOf(inode), size: sizeOf(inode), ino, links, atime, mtime, ctime };
  return inode.type === "symlink" ? { ...stat, target: inode.target } : stat;
}

/** An inode at one of its paths. */
export interface Visit {
  readonly path: string;
  readonly inode: Inode;
}

/** Decides by a directory's names and path which entries count. */
export type Counting = (names: readonly Name[], path: string) => (entry: Entry) => boolean;

/**
 * Yields everything at and below an inode whose own path is `path`: a directory before its entries, and entries that
 * count, sorted by name in byte order. Visits a file with two names twice. Throws BudgetError past the budget's paths
 * or depth, and JournalError if the directories are no tree.
 */
export function* walk(
  tree: Tree,
  inode: Inode,
  path: string,
  { budget = new Budget("the walk"), counting }: { budget?: Budget; counting?: Counting } = {},
): Generator<Visit> {
  const rest = [{ visit: { path, inode }, depth: 0 }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { visit, depth } = next;
    budget.path(depth);
    yield visit;
    const prefix = visit.path === "/" ? "/" : `${visit.path}/`;
    for (const entry of countedIn(tree, visit, counting).reverse()) {
      const below = { path: prefix + entry.name, inode: entry.inode };
      rest.push({ visit: below, depth: depth + 1 });
    }
  }
}

function countedIn(tree: Tree, { path, inode }: Visit, counting: Counting | undefined): Entry[] {
  const entries = readdir(tree, inode);
  if (counting === undefined) return entries;
  const counts = counting(
    entries.map(({ name }) => name),
    path,
  );
  return entries.filter(counts);
}

/** Returns the file's bytes from `start` to `end`, clipped to its size. Throws JournalError if the tape is damaged. */
export function readRange(
  file: File,
  readTape: ReadTape,
  start = 0,
  end = file.content.size,
): Uint8Array {
  return readContent(file.content, start, end - start, readTape);
}

/**
 * Yields the file's bytes in order, in pieces of at most `bytes`. All pieces of long holes are the same shared memory:
 * do not change them.
 */
export function* readPieces(
  file: File,
  readTape: ReadTape,
  bytes = 256 * 1024,
): Generator<Uint8Array> {
  const { content } = file;
  let zeros: Uint8Array | undefined;
  let read = 0;
  for (const { offset, length, tape } of extentsOf(content)) {
    if (tape !== "hole" || length < bytes) continue;
    yield* pieces(read, offset);
    zeros ??= new Uint8Array(bytes);
    for (let left = length; left > 0; left -= bytes) yield zeros.subarray(0, left);
    read = offset + length;
  }
  yield* pieces(read, content.size);

  function* pieces(start: number, end: number): Generator<Uint8Array> {
    for (let at = start; at < end; at += bytes)
      yield readRange(file, readTape, at, Math.min(at + bytes, end));
  }
}

/** Orders texts like their UTF-8 bytes. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const one = left.charCodeAt(index);
    const other = right.charCodeAt(index);
    if (one !== other) return weight(one) - weight(other);
  }
  return left.length - right.length;
}

/** Sorts halves of surrogate pairs after all other units. */
function weight(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}
