import type { Draft } from "immer";

import { type Event, type Ino, type Mutation, type Name, rootIno } from "../../journal/index.ts";
import { contentFrom, contentToChange, cover, resize } from "./content.ts";
import { deleteEntry, setEntry } from "./entries.ts";
import { MisfitError } from "./error.ts";
import {
  type Directory,
  type File,
  type Inode,
  type Link,
  type MutableTree,
  linkTo,
  newDirectory,
  newFile,
  newSymlink,
} from "./tree.ts";
import { deleteAt, getAt, setAt } from "./table.ts";

/**
 * Folds one event into the tree it is given: a plain tree, or an immer draft. Total for every event that was recorded;
 * one that does not fit the tree comes from a damaged journal, and throws.
 */
export function apply(tree: MutableTree, event: Event): void {
  switch (event.kind) {
    case "create":
      return add(tree, newFile(event.ino, [linkOf(event)], event.time), event);
    case "mkdir":
      return add(tree, newDirectory(event.ino, [linkOf(event)], event.time), event);
    case "symlink":
      return add(tree, newSymlink(event.ino, [linkOf(event)], event.time, event.target), event);
    case "link": {
      enter(tree, event.parent, event.name, event.ino, event.time);
      const inode = inodeIn(tree, event.ino, event);
      inode.names = [...inode.names, linkOf(event)];
      inode.ctime = event.time;
      return;
    }
    case "unlink":
    case "rmdir":
      leave(tree, event.parent, event.name, event.time);
      return loseName(tree, event, event.parent, event.name, event.path);
    case "rename":
      return rename(tree, event);
    case "write": {
      const file = fileIn(tree, event.ino, event);
      const content = contentToChange(file, event.offset, event.offset + event.length - 1);
      tree.mapped += cover(content, event.offset, event.length, event.tape);
      file.mtime = event.time;
      file.ctime = event.time;
      return;
    }
    case "set-size": {
      const file = fileIn(tree, event.ino, event);
      tree.mapped += resize(contentToChange(file, event.size, event.size), event.size);
      file.mtime = event.time;
      file.ctime = event.time;
      return;
    }
    case "revert": {
      const file = fileIn(tree, event.ino, event);
      const content = contentFrom(event.size, event.extents);
      tree.mapped += content.mapped - file.content.mapped;
      file.content = content;
      file.mtime = event.time;
      file.ctime = event.time;
      return;
    }
    case "set-times": {
      const inode = inodeIn(tree, event.ino, event);
      if (event.atime !== undefined) inode.atime = event.atime;
      if (event.mtime !== undefined) inode.mtime = event.mtime;
      inode.ctime = event.time;
      return;
    }
    case "run-start":
    case "run-end":
      // At its start too: what was open in a run that was killed is not open any more.
      for (const ino of tree.orphans) forget(tree, ino);
      return;
    case "mark":
    case "fail":
    case "read":
    case "open":
      return;
    default:
      throw new Error(`unknown event kind ${(event satisfies never as Event).kind}`);
  }
}

/** Removes an inode that has no name, with all it holds. */
export function forget(tree: MutableTree, ino: Ino): void {
  const inode = getAt<Draft<Inode>>(tree.inodes, ino);
  tree.orphans.delete(ino);
  if (inode === undefined) return;
  if (inode.type === "file") tree.mapped -= inode.content.mapped;
  deleteAt(tree.inodes, ino);
  tree.count -= 1;
}

function add(tree: MutableTree, inode: Inode, event: Mutation & { parent: Ino; name: Name }): void {
  setAt(tree.inodes, inode.ino, inode as Draft<Inode>);
  tree.count += 1;
  if (inode.ino >= tree.nextIno) tree.nextIno = (inode.ino + 1) as Ino;
  enter(tree, event.parent, event.name, inode.ino, event.time);
}

function rename(tree: MutableTree, event: Mutation & { kind: "rename" }): void {
  leave(tree, event.parent, event.name, event.time);
  if (event.replaced !== undefined) {
    leave(tree, event.toParent, event.toName, event.time);
    loseName(tree, { ...event.replaced, time: event.time }, event.toParent, event.toName, event.to);
  }
  enter(tree, event.toParent, event.toName, event.ino, event.time);
  const inode = inodeIn(tree, event.ino, event);
  const at = inode.names.findIndex(
    ({ parent, name }) => parent === event.parent && name === event.name,
  );
  if (at < 0) throw misfit(event);
  inode.names[at] = linkTo(event.toParent, event.toName);
  inode.ctime = event.time;
}

function enter(tree: MutableTree, parent: Ino, name: Name, ino: Ino, time: bigint): void {
  const directory = directoryIn(tree, parent);
  setEntry(directory, name, ino);
  directory.size += 1;
  directory.mtime = time;
  directory.ctime = time;
}

function leave(tree: MutableTree, parent: Ino, name: Name, time: bigint): void {
  const directory = directoryIn(tree, parent);
  deleteEntry(directory, name);
  directory.size -= 1;
  directory.mtime = time;
  directory.ctime = time;
}

/** Takes one name from an inode; with the last one the inode goes, unless it is kept for its open descriptors. */
function loseName(
  tree: MutableTree,
  { ino, kept, time }: { ino: Ino; kept: boolean; time: bigint },
  parent: Ino,
  name: Name,
  path: string,
): void {
  const inode = getAt<Draft<Inode>>(tree.inodes, ino);
  if (inode === undefined) throw new MisfitError(`inode ${ino} at ${path} is not in the tree`);
  inode.names = inode.names.filter((link) => link.parent !== parent || link.name !== name);
  inode.ctime = time;
  if (inode.names.length > 0) return;
  if (!kept) return forget(tree, ino);
  inode.formerly = path;
  tree.orphans.add(ino);
}

function linkOf({ parent, name }: { readonly parent: Ino; readonly name: Name }): Link {
  return linkTo(parent, name);
}

function inodeIn(tree: MutableTree, ino: Ino, event: Event): Draft<Inode> {
  const inode = getAt<Draft<Inode>>(tree.inodes, ino);
  if (inode === undefined) throw misfit(event);
  return inode;
}

function fileIn(tree: MutableTree, ino: Ino, event: Event): Draft<File> {
  const inode = inodeIn(tree, ino, event);
  if (inode.type !== "file") throw misfit(event);
  return inode;
}

function directoryIn(tree: MutableTree, ino: Ino): Draft<Directory> {
  const inode = getAt<Draft<Inode>>(tree.inodes, ino);
  if (inode?.type !== "directory")
    throw new MisfitError(`inode ${ino === rootIno ? "of the root" : ino} is no directory`);
  return inode;
}

function misfit(event: Event): Error {
  return new MisfitError(`event #${event.seq} (${event.kind}) does not fit the state before it`);
}
