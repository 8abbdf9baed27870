import { bytesOfText, mostXattrBytes } from "../../../journal/index.ts";
import { FsError, xattrsOf } from "../../fs/index.ts";
import { Refusal, errno } from "../protocol/errno.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Request } from "../protocol/request.ts";
import type { Call } from "./call.ts";

// Extended attributes of `user.`: those that any program may set on a file or directory that it may write.

// linux/xattr.h
const create = 1;
const replace = 2;

export const setExtended: Call = (served, request) => {
  const [length, flags] = [request.u32(0), request.u32(4)];
  const attribute = request.text(8);
  requireUsers(attribute);
  if ((flags & ~(create | replace)) !== 0) throw new Refusal(errno.invalid);
  const ino = request.node;
  if (length > mostXattrBytes) throw new Refusal(errno.tooLong);
  const standing = xattrsOf(served.inode(ino))?.has(attribute) === true;
  if (standing && flags & create) throw new FsError("exist", served.fs.path(ino));
  if (!standing && flags & replace) throw new Refusal(errno.noData);
  const value = request.bytes(8 + bytesOfText(attribute).length + 1, length);
  served.perform({ kind: "set-xattr", ino, attribute, length }, value);
};

export const getExtended: Call = (served, request, reply) => {
  const attribute = request.text(8);
  requireUsers(attribute);
  served.fs.requireReadable(request.node);
  const value = served.fs.readAttribute(request.node, attribute);
  if (value === undefined) throw new Refusal(errno.noData);
  answer(request, reply, value);
};

export const listExtended: Call = (served, request, reply) => {
  served.fs.requireReadable(request.node);
  const names = [...(xattrsOf(served.inode(request.node))?.keys() ?? [])];
  const bytes = bytesOfText(names.map((name) => `${name}\0`).join(""));
  answer(request, reply, bytes);
};

export const removeExtended: Call = (served, request) => {
  const attribute = request.text(0);
  requireUsers(attribute);
  const ino = request.node;
  if (xattrsOf(served.inode(ino))?.has(attribute) !== true) throw new Refusal(errno.noData);
  served.perform({ kind: "remove-xattr", ino, attribute });
};

/** Answers with bytes, or with how many there are, which a program asks for by giving room for none. */
function answer(request: Request, reply: Reply, bytes: Uint8Array): void {
  const { length } = bytes;
  const most = request.u32(0);
  if (most === 0) {
    reply.buffer.writeUInt32LE(length, reply.add(8));
    return;
  }
  if (length > most) throw new Refusal(errno.range);
  reply.room(length).set(bytes);
}

/** Refuses the attributes of the system, such as capabilities, as a filesystem without them does. */
function requireUsers(attribute: string): void {
  if (!attribute.startsWith("user.")) throw new Refusal(errno.unsupported);
  if (attribute === "user.") throw new Refusal(errno.invalid);
}
