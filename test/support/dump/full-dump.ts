import type { Ino } from "../../../journal/index.ts";
import {
  type Inode,
  type Tree,
  entriesIn,
  entriesOf,
  extentsOf,
  sortedXattrs,
  xattrsOf,
} from "../../../src/fs/index.ts";

/** Returns everything in a tree by inode, nameless ones too; the tree's own numbers under 0. */
export function fullDump(tree: Tree): ReadonlyMap<number, string> {
  const { nextIno, count, mapped, orphans } = tree;
  const own = `next ${nextIno}, ${count} inodes, ${mapped} mapped, orphans ${[...orphans].sort((left, right) => left - right).join(" ")}`;
  const inodes = [...entriesOf<Inode>(tree.inodes)].map(
    ([ino, inode]) => [ino as Ino, line(inode)] as const,
  );
  return new Map<number, string>([[0, own], ...inodes]);
}

function line(inode: Inode): string {
  const { type, names, formerly, atime, mtime, ctime } = inode;
  const links = names.map(({ parent, name }) => `${parent}/${name}`).sort();
  const mode = inode.type === "symlink" ? undefined : inode.mode?.toString(8);
  const facts = [type, mode, `[${links.join(" ")}]`, formerly, atime, mtime, ctime, holds(inode)];
  return [...facts, ...attributes(inode)].join(" ");
}

function attributes(inode: Inode): string[] {
  return sortedXattrs(xattrsOf(inode) ?? new Map()).map(
    ([name, { tape, length }]) => `${JSON.stringify(name)}=${length}@${tape}`,
  );
}

function holds(inode: Inode): string {
  switch (inode.type) {
    case "file": {
      const extents = [...extentsOf(inode.content)];
      const pieces = extents.map(({ offset, length, tape }) => `${offset}+${length}@${tape}`);
      return `${inode.content.size} bytes, ${inode.content.mapped} mapped: ${pieces.join(" ")}`;
    }
    case "directory": {
      const entries = [...entriesIn(inode.entries)].map(([name, ino]) => `${name}=${ino}`);
      return `${inode.size} entries: ${entries.sort().join(" ")}`;
    }
    case "fifo":
    case "socket":
      return "";
    case "symlink":
      return inode.target;
  }
}
