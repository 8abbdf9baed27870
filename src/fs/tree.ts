import type { Draft as Mutable } from "immer";

import { type Ino, type Name, rootIno } from "../../journal/index.ts";
import { type Content, emptyContent } from "./content.ts";
import { type Entries, emptyEntries, getEntry } from "./table/entries.ts";
import { type Table, emptyTable, getAt, setAt } from "./table/table.ts";

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

export type Inode = File | Directory | Symlink;

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
}

export interface Directory extends InodeFacts {
  readonly type: "directory";
  readonly mode: number | undefined;
  /** @internal */
  readonly entries: Entries;
  /** The number of entries. */
  readonly size: number;
}

export interface Symlink extends InodeFacts {
  readonly type: "symlink";
  readonly target: string;
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
export const usualModes = { file: 0o644, directory: 0o755 } as const;

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

/** Returns a file's size, the length of a symlink's target in UTF-8 bytes, or 0 for a directory. */
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

/** Returns the length of a well-formed string in UTF-8 bytes. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // A surrogate pair is two units and four bytes: two for each half.
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}
