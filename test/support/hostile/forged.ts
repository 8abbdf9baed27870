import type { Draft as Mutable } from "immer";

import type { Ino, Name } from "../../../journal/index.ts";
import { setEntry } from "../../../src/fs/table/entries.ts";
import { type Inode, type MutableTree, emptyTree, inodeOf } from "../../../src/fs/index.ts";
import { getAt, setAt } from "../../../src/fs/table/table.ts";
import { linkTo, newDirectory, newFile, newSymlink } from "../../../src/fs/tree/tree.ts";

/** One entry of a state that no filesystem would make: `ino` may stand in several places, and `name` be illegal. */
export interface Forged {
  readonly parent: number;
  readonly name: string;
  readonly ino: number;
  readonly type: "file" | "directory" | "symlink";
  readonly target?: string;
}

/** Makes a state as a forged journal may contain it. */
export function forgedTree(entries: readonly Forged[]): MutableTree {
  const tree = emptyTree();
  for (const { parent, name, ino, type, target = "" } of entries) {
    const directory = getAt<Mutable<Inode>>(tree.inodes, parent);
    if (directory?.type !== "directory") throw new Error(`${parent} is no directory`);
    setEntry(directory, name as Name, ino as Ino);
    const links = entries
      .filter((entry) => entry.ino === ino)
      .map((entry) => linkTo(entry.parent as Ino, entry.name as Name));
    if (inodeOf(tree, ino as Ino) !== undefined) continue;
    const made =
      type === "directory"
        ? newDirectory(ino as Ino, links, 1n, undefined)
        : type === "file"
          ? newFile(ino as Ino, links, 1n, undefined)
          : newSymlink(ino as Ino, links, 1n, target);
    setAt(tree.inodes, ino, made as never);
  }
  return tree;
}
