import { type MutableTree, type Tree, entriesIn, entriesOf } from "../../fs/index.ts";

/** Reads all of a state that shares nothing with another, and hands it over to be changed. */
export function plainOf(tree: Tree): MutableTree {
  for (const [, inode] of entriesOf(tree.inodes)) {
    if (inode.type === "directory") drain(entriesIn(inode.entries));
    if (inode.type === "file") drain(entriesOf(inode.content.blocks));
  }
  return tree as MutableTree;
}

function drain(values: Iterable<unknown>): void {
  for (const _ of values);
}
