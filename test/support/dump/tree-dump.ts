import { type Ino, rootIno } from "../../../journal/index.ts";
import {
  type Inode,
  type Tree,
  entriesIn,
  extentsOf,
  inodeOf,
  sizeOf,
  sortedXattrs,
  xattrsOf,
} from "../../../src/fs/index.ts";

/** Lists everything that can be reached from the root, by path: equal trees have equal lists. */
export function treeDump(tree: Tree): ReadonlyMap<string, unknown> {
  const lines = new Map<string, unknown>();
  const visit = (path: string, ino: Ino): void => {
    const inode = inodeOf(tree, ino);
    if (inode === undefined) throw new Error(`${path} leads to inode ${ino}, which is not there`);
    lines.set(path, describe(inode));
    if (inode.type !== "directory") return;
    const entries = [...entriesIn(inode.entries)].sort(([left], [right]) =>
      left < right ? -1 : 1,
    );
    if (entries.length !== inode.size) throw new Error(`${path} counts its entries wrong`);
    for (const [name, child] of entries) visit(`${path}/${name}`, child);
  };
  visit("", rootIno);
  return lines;
}

function describe(inode: Inode): unknown {
  const names = inode.names.map(({ parent, name }) => `${parent}/${name}`).sort();
  const { type, ino, atime, mtime, ctime } = inode;
  const mode = inode.type === "symlink" ? undefined : inode.mode;
  return {
    type,
    mode,
    ino,
    names,
    size: sizeOf(inode),
    atime,
    mtime,
    ctime,
    holds: contentOf(inode),
    xattrs: sortedXattrs(xattrsOf(inode) ?? new Map()),
  };
}

function contentOf(inode: Inode): unknown {
  switch (inode.type) {
    case "file":
      return [...extentsOf(inode.content)];
    case "symlink":
      return inode.target;
    case "directory":
      return inode.size;
    case "fifo":
    case "socket":
      return undefined;
  }
}
