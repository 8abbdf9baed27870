import { type MutableTree, type Tree, entriesIn, entriesOf } from "../../fs/index.ts";

/** Loads a state completely, if it shares nothing with another, and returns it to be changed. */
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
