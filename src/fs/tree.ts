import type { Draft as Mutable } from "immer";

import { type Ino, type Name, rootIno } from "../../journal/index.ts";
import { type Content, emptyContent } from "./content.ts";
import { type Entries, emptyEntries, getEntry } from "./entries.ts";
import { type Table, emptyTable, getAt, setAt } from "./table.ts";

/** The whole state at one moment: every inode by its number. Immutable, but for the live one and for drafts. */
export interface Tree {
  readonly inodes: Table<Inode>;
  /** The number that the next new inode gets. */
  readonly nextIno: Ino;
  /** How many inodes there are, the root and nameless ones included. */
  readonly count: number;
  /** Bytes that files hold on the tape, holes not counted. */
  readonly mapped: number;
  /** Inodes without a name that were open when they lost it; they go when the run ends. */
  readonly orphans: ReadonlySet<Ino>;
}

/** A tree that may be changed: a plain one of its own, or an immer draft. */
export type MutableTree = Mutable<Tree>;

export type Inode = File | Directory | Symlink;

/** What is true of each inode. */
export interface InodeFacts {
  readonly ino: Ino;
  /** Where it stands. A directory has one name; the root and an inode that was unlinked while open have none. */
  readonly names: readonly Link[];
  /** The last path of an inode that has no name any more. */
  readonly formerly?: string;
  /** Nanoseconds since the epoch. */
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

/** A directory entry as seen from the inode it leads to. */
export interface Link {
  readonly parent: Ino;
  readonly name: Name;
}

/** How a tree holds one: as an instance, which immer takes as a plain value. */
class HeldLink implements Link {
  readonly parent: Ino;
  readonly name: Name;

  constructor(parent: Ino, name: Name) {
    this.parent = parent;
    this.name = name;
  }
}

export function linkTo(parent: Ino, name: Name): Link {
  return new HeldLink(parent, name);
}

export interface File extends InodeFacts {
  readonly type: "file";
  /** The permission bits that somebody said; undefined where nobody did. */
  readonly mode: number | undefined;
  /** @internal */
  readonly content: Content;
}

export interface Directory extends InodeFacts {
  readonly type: "directory";
  readonly mode: number | undefined;
  /** @internal */
  readonly entries: Entries;
  /** How many entries. */
  readonly size: number;
}

export interface Symlink extends InodeFacts {
  readonly type: "symlink";
  readonly target: string;
}

/** The tree before the first event: an empty root. */
export function emptyTree(): MutableTree {
  const tree: MutableTree = {
    inodes: emptyTable(),
    nextIno: (rootIno + 1) as Ino,
    count: 1,
    mapped: 0,
    orphans: new Set(),
  };
  setAt(tree.inodes, rootIno, newDirectory(rootIno, [], 0n, undefined) as Mutable<Inode>);
  return tree;
}

export function newFile(
  ino: Ino,
  names: readonly Link[],
  time: bigint,
  mode: number | undefined,
): File {
  return {
    type: "file",
    mode,
    ino,
    names,
    atime: time,
    mtime: time,
    ctime: time,
    content: emptyContent(),
  };
}

export function newDirectory(
  ino: Ino,
  names: readonly Link[],
  time: bigint,
  mode: number | undefined,
): Directory {
  return {
    type: "directory",
    mode,
    ino,
    names,
    atime: time,
    mtime: time,
    ctime: time,
    entries: emptyEntries(),
    size: 0,
  };
}

export function newSymlink(
  ino: Ino,
  names: readonly Link[],
  time: bigint,
  target: string,
): Symlink {
  return { type: "symlink", ino, names, atime: time, mtime: time, ctime: time, target };
}

export function inodeOf(tree: Tree, ino: Ino): Inode | undefined {
  return getAt(tree.inodes, ino);
}

/** The inode that `name` leads to, or undefined when `parent` is no directory or has no such entry. */
export function childOf(tree: Tree, parent: Ino, name: Name): Ino | undefined {
  const directory = inodeOf(tree, parent);
  return directory?.type === "directory" ? getEntry(directory.entries, name) : undefined;
}

/** Tells whether `ino` is `ancestor` or lies below it. */
export function isWithin(tree: Tree, ino: Ino, ancestor: Ino): boolean {
  for (let at: Ino | undefined = ino; at !== undefined; at = inodeOf(tree, at)?.names[0]?.parent) {
    if (at === ancestor) return true;
    if (at === rootIno) return false;
  }
  return false;
}

/** The permission bits of an inode: those that somebody said, or what a program that says nothing gets. */
export function modeOf(inode: Inode): number {
  return inode.type === "symlink" ? 0o777 : (inode.mode ?? usualModes[inode.type]);
}

/** What nobody said the mode of has. */
export const usualModes = { file: 0o644, directory: 0o755 } as const;

/** Tells whether an inode has another mode than it had, or than what stood at its path had, if somebody said its own. */
export function hasOtherMode(before: Inode, after: Inode): boolean {
  if (before.type === "symlink" || after.type === "symlink") return false;
  if (after.mode === undefined && after.ino !== before.ino) return false;
  return modeOf(before) !== modeOf(after);
}

/**
 * Tells whether an inode that takes the place of another takes on its mode: where nobody said its own. A program that
 * cannot set modes saves a file by renaming a new one over it, and does not mean to open a private file to others.
 */
export function takesModeOf(inode: Inode, replaced: Inode): boolean {
  if (inode.type === "symlink" || replaced.type === "symlink") return false;
  return inode.type === replaced.type && inode.mode === undefined && replaced.mode !== undefined;
}

/** A symlink's size is its target's length in UTF-8 bytes; a directory's is 0. */
export function sizeOf(inode: Inode): number {
  switch (inode.type) {
    case "file":
      return inode.content.size;
    case "directory":
      return 0;
    case "symlink":
      return utf8Length(inode.target);
  }
}

/** Longest path that is spelled out; of a longer one the end is kept, behind "…". */
const longestPath = 4_096;

/**
 * The absolute path of an inode: of the first of its names, or where it last was when it has none. Paths are made from
 * the tree, never from what a guest wrote, and cost no more than the longest path that is spelled out.
 */
export function pathOf(tree: Tree, ino: Ino): string {
  const inode = inodeOf(tree, ino);
  if (ino === rootIno) return "/";
  if (inode === undefined) return `(inode ${ino})`;
  const link = inode.names[0];
  return link === undefined
    ? (inode.formerly ?? `(inode ${ino})`)
    : pathIn(tree, link.parent, link.name);
}

/** The absolute path that an entry `name` of `parent` has, or would have. */
export function pathIn(tree: Tree, parent: Ino, name: Name): string {
  let path = `/${name}`;
  for (let at = parent; at !== rootIno;) {
    const inode = inodeOf(tree, at);
    const link = inode?.names[0];
    if (link === undefined) return inode?.formerly === undefined ? path : inode.formerly + path;
    if (path.length > longestPath) return `…${path}`;
    path = `/${link.name}${path}`;
    at = link.parent;
  }
  return path;
}

/** Length in UTF-8 bytes of a well-formed string. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // A surrogate pair is two units and four bytes: one more for each half.
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}
