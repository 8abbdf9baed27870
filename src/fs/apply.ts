import type { Draft as Mutable } from "immer";

import {
  type Event,
  type Ino,
  type Mutation,
  mostXattrBytes,
  type Name,
  rootIno,
} from "../../journal/index.ts";
import { type ReadTape, contentFrom, contentToChange, cover, resize } from "./tree/content.ts";
import { deleteEntry, getEntry, setEntry } from "./table/entries.ts";
import { MisfitError } from "./limits/error.ts";
import { mostMapped } from "./limits/limits.ts";
import { applyListing } from "./tree/listing.ts";
import {
  type Directory,
  type File,
  type Inode,
  type Link,
  type MutableTree,
  type Tree,
  isWithin,
  linkTo,
  newDirectory,
  newFile,
  newSpecial,
  newSymlink,
  takesModeOf,
} from "./tree/tree.ts";
import { deleteAt, getAt, setAt } from "./table/table.ts";
import { bytesOfXattrs, mostXattrsBytes, withXattr, withoutXattr } from "./tree/xattrs.ts";

/**
 * Applies one event to the tree: a plain tree, or an immer draft. Reads what a listing lists from the tape. Applies every
 * recorded event, and the result is always a tree; throws MisfitError for an event that would make anything else, which
 * comes from a damaged journal.
 */
export function apply(tree: MutableTree, event: Event, readTape: ReadTape): void {
  switch (event.kind) {
    case "create":
      return add(tree, newFile(event.ino, [linkOf(event)], event.time, event.mode), event);
    case "mkdir":
      return add(tree, newDirectory(event.ino, [linkOf(event)], event.time, event.mode), event);
    case "symlink":
      return add(tree, newSymlink(event.ino, [linkOf(event)], event.time, event.target), event);
    case "mknod": {
      const { type, ino, time, mode } = event;
      return add(tree, newSpecial(type, ino, [linkOf(event)], time, mode), event);
    }
    case "link": {
      const inode = inodeIn(tree, event.ino, event);
      if (inode.type === "directory" || inode.names.length === 0) throw misfit(event);
      enter(tree, event, event.parent, event.name);
      inode.names = [...inode.names, linkOf(event)];
      inode.ctime = event.time;
      return;
    }
    case "unlink":
    case "rmdir": {
      const inode = inodeIn(tree, event.ino, event);
      if ((inode.type === "directory") !== (event.kind === "rmdir")) throw misfit(event);
      leave(tree, event, event.parent, event.name, event.ino);
      return loseName(tree, event, event.ino, event.kept, event.parent, event.name, event.path);
    }
    case "rename":
      return rename(tree, event);
    case "exchange":
      return exchange(tree, event);
    case "write": {
      const file = fileIn(tree, event.ino, event);
      if (event.offset + event.length > Number.MAX_SAFE_INTEGER) throw misfit(event);
      checkMapped(tree, event, event.length);
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
      checkMapped(tree, event, lengthOfExtents(event) - file.content.mapped);
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
    case "set-mode": {
      const inode = inodeIn(tree, event.ino, event);
      if (inode.type === "symlink") throw misfit(event);
      inode.mode = event.mode;
      inode.ctime = event.time;
      return;
    }
    case "set-xattr":
    case "revert-xattr": {
      const inode = xattrsIn(tree, event);
      if (event.length > mostXattrBytes) throw misfit(event);
      const { length } = event;
      const tape = event.kind === "set-xattr" ? event.tape : event.source;
      const xattrs = withXattr(inode.xattrs, event.attribute, { tape, length });
      if (bytesOfXattrs(xattrs) > mostXattrsBytes) throw misfit(event);
      inode.xattrs = xattrs as Mutable<typeof xattrs>;
      inode.ctime = event.time;
      return;
    }
    case "remove-xattr": {
      const inode = xattrsIn(tree, event);
      if (inode.xattrs?.has(event.attribute) !== true) throw misfit(event);
      const left = withoutXattr(inode.xattrs, event.attribute);
      if (left === undefined) delete inode.xattrs;
      else inode.xattrs = left as Mutable<typeof left>;
      inode.ctime = event.time;
      return;
    }
    case "listing": {
      const directory = directoryIn(tree, event.ino, event);
      if (directory.size > 0 || event.first < tree.nextIno) throw misfit(event);
      if (event.ino !== rootIno && directory.names.length === 0) throw misfit(event);
      checkMapped(tree, event, event.promised);
      return applyListing(tree, directory, event, readTape);
    }
    case "run-start":
    case "run-end":
      // Also at a run's start: a run that was killed has no open files any more.
      for (const ino of tree.orphans) forget(tree, ino);
      return;
    case "mark":
    case "process":
    case "decision":
    case "fail":
    case "fetch":
    case "read":
    case "open":
      return;
    default:
      throw new Error(`unknown event kind ${(event satisfies never as Event).kind}`);
  }
}

/** Removes an inode without a name, and its content. */
export function forget(tree: MutableTree, ino: Ino): void {
  const inode = getAt<Mutable<Inode>>(tree.inodes, ino);
  tree.orphans.delete(ino);
  if (inode === undefined) return;
  if (inode.type === "file") tree.mapped -= inode.content.mapped;
  deleteAt(tree.inodes, ino);
  tree.count -= 1;
}

function add(tree: MutableTree, inode: Inode, event: Mutation & { parent: Ino; name: Name }): void {
  if (inode.ino > largestIno || getAt<Mutable<Inode>>(tree.inodes, inode.ino) !== undefined)
    throw misfit(event);
  enter(tree, event, event.parent, event.name);
  setAt(tree.inodes, inode.ino, inode as Mutable<Inode>);
  tree.count += 1;
  if (inode.ino >= tree.nextIno) tree.nextIno = (inode.ino + 1) as Ino;
}

/** The next ino after this one would not be a safe integer. */
const largestIno = Number.MAX_SAFE_INTEGER - 1;

function rename(tree: MutableTree, event: Mutation & { kind: "rename" }): void {
  const { parent, name, toParent, toName, replaced } = event;
  const inode = inodeIn(tree, event.ino, event);
  if (inode.type === "directory" && isWithin(tree, toParent, event.ino)) throw misfit(event);
  leave(tree, event, parent, name, event.ino);
  if (replaced !== undefined) {
    const other = inodeIn(tree, replaced.ino, event);
    if (inode.type !== "symlink" && other.type !== "symlink" && takesModeOf(inode, other))
      inode.mode = other.mode;
    leave(tree, event, toParent, toName, replaced.ino);
    loseName(tree, event, replaced.ino, replaced.kept, toParent, toName, event.to);
  }
  enter(tree, event, toParent, toName);
  const at = inode.names.findIndex((link) => link.parent === parent && link.name === name);
  if (at < 0) throw misfit(event);
  inode.names[at] = linkTo(toParent, toName);
  inode.ctime = event.time;
}

/** Gives two names to the inodes of each other. */
function exchange(tree: MutableTree, event: Mutation & { kind: "exchange" }): void {
  const { parent, name, toParent, toName, ino, other } = event;
  const [here, there] = [inodeIn(tree, ino, event), inodeIn(tree, other, event)];
  if (ino === other) throw misfit(event);
  if (here.type === "directory" && isWithin(tree, toParent, ino)) throw misfit(event);
  if (there.type === "directory" && isWithin(tree, parent, other)) throw misfit(event);
  leave(tree, event, parent, name, ino);
  leave(tree, event, toParent, toName, other);
  for (const [inode, at, to] of [
    [here, linkTo(parent, name), linkTo(toParent, toName)],
    [there, linkTo(toParent, toName), linkTo(parent, name)],
  ] as const) {
    const found = inode.names.findIndex(
      (link) => link.parent === at.parent && link.name === at.name,
    );
    if (found < 0) throw misfit(event);
    inode.names[found] = to;
    inode.ctime = event.time;
  }
  enter(tree, { ...event, ino: other }, parent, name);
  enter(tree, event, toParent, toName);
}

/** Adds an entry to a directory that can be reached. */
function enter(tree: MutableTree, event: Mutation, parent: Ino, name: Name): void {
  const directory = directoryIn(tree, parent, event);
  if (parent !== rootIno && directory.names.length === 0) throw misfit(event);
  if (getEntry(directory.entries, name) !== undefined) throw misfit(event);
  setEntry(directory, name, event.ino);
  directory.size += 1;
  directory.mtime = event.time;
  directory.ctime = event.time;
}

function leave(tree: MutableTree, event: Mutation, parent: Ino, name: Name, ino: Ino): void {
  const directory = directoryIn(tree, parent, event);
  if (getEntry(directory.entries, name) !== ino) throw misfit(event);
  deleteEntry(directory, name);
  directory.size -= 1;
  directory.mtime = event.time;
  directory.ctime = event.time;
}

/** Removes one name of an inode; with the last name the inode goes, unless open descriptors keep it. */
function loseName(
  tree: MutableTree,
  event: Mutation,
  ino: Ino,
  kept: boolean,
  parent: Ino,
  name: Name,
  path: string,
): void {
  const inode = inodeIn(tree, ino, event);
  if (inode.type === "directory" && inode.size > 0) throw misfit(event);
  inode.names = inode.names.filter((link) => link.parent !== parent || link.name !== name);
  inode.ctime = event.time;
  if (inode.names.length > 0) return;
  if (!kept) return forget(tree, ino);
  inode.formerly = path;
  tree.orphans.add(ino);
}

function checkMapped({ mapped }: Tree, event: Event, more: number): void {
  if (mapped + more > mostMapped) throw misfit(event);
}

/** Counts the bytes on the tape of the extents, which must be in order, without overlap, and within the size. */
function lengthOfExtents(event: Mutation & { kind: "revert" }): number {
  let end = 0;
  let length = 0;
  for (const extent of event.extents) {
    if (extent.length <= 0 || extent.offset < end) throw misfit(event);
    end = extent.offset + extent.length;
    if (extent.tape !== "hole") length += extent.length;
  }
  if (end > event.size) throw misfit(event);
  return length;
}

function linkOf({ parent, name }: { readonly parent: Ino; readonly name: Name }): Link {
  return linkTo(parent, name);
}

function inodeIn(tree: MutableTree, ino: Ino, event: Event): Mutable<Inode> {
  const inode = getAt<Mutable<Inode>>(tree.inodes, ino);
  if (inode === undefined) throw misfit(event);
  return inode;
}

function fileIn(tree: MutableTree, ino: Ino, event: Event): Mutable<File> {
  const inode = inodeIn(tree, ino, event);
  if (inode.type !== "file") throw misfit(event);
  return inode;
}

/** Only files and directories have extended attributes. */
function xattrsIn(tree: MutableTree, event: Mutation): Mutable<File> | Mutable<Directory> {
  const inode = inodeIn(tree, event.ino, event);
  if (inode.type !== "file" && inode.type !== "directory") throw misfit(event);
  return inode;
}

function directoryIn(tree: MutableTree, ino: Ino, event: Event): Mutable<Directory> {
  const inode = inodeIn(tree, ino, event);
  if (inode.type !== "directory") throw misfit(event);
  return inode;
}

function misfit(event: Event): Error {
  return new MisfitError(`event #${event.seq} (${event.kind}) does not fit the state before it`);
}
