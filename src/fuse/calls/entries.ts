import { type Ino, type Name, specialTypes } from "../../../journal/index.ts";
import { FsError, type Inode, modeOf, nameIn, pathIn, takesModeOf } from "../../fs/index.ts";
import { addEntry, fileTypes } from "../protocol/attributes.ts";
import { Refusal, errno } from "../protocol/errno.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Call } from "./call.ts";
import { addOpened } from "./files.ts";
import type { Served } from "./served.ts";

const typeBits = 0o170000;
const permissionBits = 0o7777;

/** Makes a regular file, a named pipe or a socket. Devices are not served. */
export const makeNode: Call = (served, request, reply) => {
  request.requireLength(16);
  const mode = request.u32(0);
  const name = newName(served, request.node, request.name(16));
  const type = mode & typeBits;
  const special = specialTypes.find((one) => fileTypes[one] === type);
  if (special !== undefined) {
    const said = { type: special, mode: mode & permissionBits };
    served.perform({ kind: "mknod", parent: request.node, name, ...said });
    addChild(served, reply, request.node, name);
    return;
  }
  if (type !== 0 && type !== fileTypes.file)
    throw new FsError("not-permitted", pathIn(served.fs.tree, request.node, name));
  made(served, reply, request.node, name, mode, "create");
};

export const makeDirectory: Call = (served, request, reply) => {
  request.requireLength(8);
  const name = newName(served, request.node, request.name(8));
  const parent = served.inode(request.node);
  // A directory in one with this bit has it too, as on any filesystem of Linux.
  const inherited = modeOf(parent) & setGroup;
  made(served, reply, request.node, name, request.u32(0) | inherited, "mkdir");
};

const setGroup = 0o2000;

/** Makes a regular file and opens it, if it may be open. */
export const create: Call = (served, request, reply) => {
  request.requireLength(16);
  const { fs } = served;
  const parent = request.node;
  const name = newName(served, parent, request.name(16));
  // Takes the place that the file gets: none must be made that cannot be opened.
  fs.hold(parent);
  let ino: Ino;
  try {
    ({ ino } = made(served, reply, parent, name, request.u32(4), "create"));
  } finally {
    fs.release(parent);
  }
  fs.hold(ino);
  fs.note({ kind: "open", ino });
  addOpened(served, reply, ino);
};

export const symlink: Call = (served, request, reply) => {
  const parent = request.node;
  const name = newName(served, parent, request.name(0));
  const target = request.textAfter(0);
  served.perform({ kind: "symlink", parent, name, target });
  addChild(served, reply, parent, name);
};

export const link: Call = (served, request, reply) => {
  const parent = request.node;
  const name = newName(served, parent, request.name(8));
  served.perform({ kind: "link", ino: request.ino(0), parent, name });
  addChild(served, reply, parent, name);
};

export const unlink: Call = (served, request) =>
  remove(served, request.node, request.name(0), "unlink");

export const removeDirectory: Call = (served, request) =>
  remove(served, request.node, request.name(0), "rmdir");

export const rename: Call = (served, request) => {
  const [name, toName] = request.names(8);
  move(served, request.node, name, request.ino(0), toName);
};

// linux/fs.h
const noReplace = 1;
const exchanging = 2;

/** Renames with flags: not over another file, or the two change places. */
export const renameWithFlags: Call = (served, request) => {
  const [name, toName] = request.names(16);
  const flags = request.u32(8);
  const to = request.ino(0);
  if (flags === exchanging) return exchange(served, request.node, name, to, toName);
  if ((flags & ~noReplace) !== 0) throw new Refusal(errno.invalid);
  if (flags === noReplace && served.child(to, toName) !== undefined)
    throw new FsError("exist", pathIn(served.fs.tree, to, toName));
  move(served, request.node, name, to, toName);
};

function exchange(served: Served, parent: Ino, name: Name, toParent: Ino, toName: Name): void {
  served.perform({ kind: "exchange", parent, name, toParent, toName });
}

function move(served: Served, parent: Ino, name: Name, toParent: Ino, toName: Name): void {
  newName(served, toParent, toName);
  sayMode(served, served.child(parent, name), served.child(toParent, toName));
  served.performOver({ kind: "rename", parent, name, toParent, toName }, toParent, toName);
}

/** Says the mode of a file that takes another's place: one of which nobody said it would take over the other's. */
function sayMode(served: Served, moved: Inode | undefined, replaced: Inode | undefined): void {
  if (moved === undefined || replaced === undefined || !takesModeOf(moved, replaced)) return;
  served.perform({ kind: "set-mode", ino: moved.ino, mode: modeOf(moved) });
}

function remove(served: Served, parent: Ino, name: Name, kind: "unlink" | "rmdir"): void {
  served.performOver({ kind, parent, name }, parent, name);
}

function made(
  served: Served,
  reply: Reply,
  parent: Ino,
  name: Name,
  mode: number,
  kind: "create" | "mkdir",
): Inode {
  served.perform({ kind, parent, name, mode: mode & permissionBits });
  return addChild(served, reply, parent, name);
}

function addChild(served: Served, reply: Reply, parent: Ino, name: Name): Inode {
  const inode = served.child(parent, name);
  if (inode === undefined) throw new Error(`${name} was made, and is not there`);
  addEntry(reply, served, inode);
  return inode;
}

function newName({ fs }: Served, parent: Ino, name: Name): Name {
  return nameIn(name, pathIn(fs.tree, parent, name), fs.limits);
}
