import type { Draft as Mutable } from "immer";

import { type Ino, type Name, rootIno, type SpecialType } from "../../../journal/index.ts";
import { type Content, emptyContent } from "./content.ts";
import { type Entries, emptyEntries, getEntry } from "../table/entries.ts";
import { type Table, emptyTable, getAt, setAt } from "../table/table.ts";
import { utf8Length } from "./text-bytes.ts";
import type { Xattrs } from "./xattrs.ts";

/** The whole state at one moment: all inodes by number. Immutable, except for the live one and for drafts. */
export interface Tree {
  readonly inodes: Table<Inode>;
  /** The number of the next new inode. */
  readonly nextIno: Ino;
  /** Counts the inodes, with the root and nameless ones. */
  readonly count: number;
  /** Counts the bytes of files on the tape, without holes. */
  readonly mapped: number;
  /** Inodes that lost their last name while open; they are removed when the run ends. */
  readonly orphans: ReadonlySet<Ino>;
}

/** A tree that can be changed: a plain one of its own, or an immer draft. */
export type MutableTree = Mutable<Tree>;

export type Inode = File | Directory | Symlink | Special;

/** The facts that all types of inodes have. */
export interface InodeFacts {
  readonly ino: Ino;
  /** The names that lead to it. A directory has one; the root and an inode that was unlinked while open have none. */
  readonly names: readonly Link[];
  /** The last path of an inode without a name. */
  readonly formerly?: string;
  /** Nanoseconds since the epoch. */
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

/** A directory entry, from the inode's side. */
export interface Link {
  readonly parent: Ino;
  readonly name: Name;
}

/** A link as an instance, which immer treats as a plain value. */
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
  /** The permission bits; undefined if nobody set any. */
  readonly mode: number | undefined;
  /** @internal */
  readonly content: Content;
  /** Absent where there are none. */
  readonly xattrs?: Xattrs;
}

export interface Directory extends InodeFacts {
  readonly type: "directory";
  readonly mode: number | undefined;
  /** @internal */
  readonly entries: Entries;
  /** The number of entries. */
  readonly size: number;
  readonly xattrs?: Xattrs;
}

export interface Symlink extends InodeFacts {
  readonly type: "symlink";
  readonly target: string;
}

/** A named pipe or a socket: a name that programs meet at, with no content. */
export interface Special extends InodeFacts {
  readonly type: SpecialType;
  readonly mode: number | undefined;
}

/** Returns the tree before the first event: an empty root. */
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

export function newSpecial(
  type: SpecialType,
  ino: Ino,
  names: readonly Link[],
  time: bigint,
  mode: number | undefined,
): Special {
  return { type, mode, ino, names, atime: time, mtime: time, ctime: time };
}

/** Tells whether an inode is a named pipe or a socket. */
export function isSpecial(inode: Inode): inode is Special {
  return inode.type === "fifo" || inode.type === "socket";
}

/** Returns the extended attributes of an inode, if it has any. */
export function xattrsOf(inode: Inode): Xattrs | undefined {
  return inode.type === "file" || inode.type === "directory" ? inode.xattrs : undefined;
}

export function inodeOf(tree: Tree, ino: Ino): Inode | undefined {
  return getAt(tree.inodes, ino);
}

/** Returns the inode of `name` in `parent`, or undefined if `parent` is no directory or has no such entry. */
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

/** Returns the permission bits of an inode: those that were set, or the usual ones. */
export function modeOf(inode: Inode): number {
  return inode.type === "symlink" ? 0o777 : (inode.mode ?? usualModes[inode.type]);
}

/** The modes of inodes for which none was set. */
export const usualModes = { file: 0o644, directory: 0o755, fifo: 0o644, socket: 0o755 } as const;

/** Tells whether an inode has another mode than before, or than the former inode at its path, if its mode was set. */
export function hasOtherMode(before: Inode, after: Inode): boolean {
  if (before.type === "symlink" || after.type === "symlink") return false;
  if (after.mode === undefined && after.ino !== before.ino) return false;
  return modeOf(before) !== modeOf(after);
}

/**
 * Tells whether an inode that replaces another takes on its mode, which is the case if its own was not set. A program
 * that cannot set modes saves a file by renaming a new one over it, and does not mean to open a private file to others.
 */
export function takesModeOf(inode: Inode, replaced: Inode): boolean {
  if (inode.type === "symlink" || replaced.type === "symlink") return false;
  return inode.type === replaced.type && inode.mode === undefined && replaced.mode !== undefined;
}

/** Returns a file's size, the length of a symlink's target in bytes, or 0 for anything else. */
export function sizeOf(inode: Inode): number {
  switch (inode.type) {
    case "file":
      return inode.content.size;
    case "directory":
    case "fifo":
    case "socket":
      return 0;
    case "symlink":
      return utf8Length(inode.target);
  }
}

/** The longest path that is written out; of a longer one only the end is kept, behind "…". */
const longestPath = 4_096;

/**
 * Returns the absolute path of an inode by its first name, or its last path if it has none. Paths come from the tree,
 * never from a guest's text, and cost no more than the longest path that is written out.
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

/** Returns the absolute path that an entry `name` of `parent` has, or would have. */
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
