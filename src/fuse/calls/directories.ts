import { bytesOfText, rootIno } from "../../../journal/index.ts";
import { type Inode, entriesIn, utf8Length } from "../../fs/index.ts";
import { addEntry, entryBytes, fileTypes } from "../protocol/attributes.ts";
import { Refusal, errno } from "../protocol/errno.ts";
import { mostTransferred } from "../protocol/init.ts";
import { type Reply, putNumber } from "../protocol/reply.ts";
import type { Request } from "../protocol/request.ts";
import type { Call } from "./call.ts";
import type { OpenDirectory, Served } from "./served.ts";

// linux/fuse.h: FOPEN_KEEP_CACHE and FOPEN_CACHE_DIR. The kernel keeps a listing until it changes the directory itself.
const keepsListing = (1 << 1) | (1 << 3);

export const openDirectory: Call = (served, request, reply) => {
  served.fs.requireReadable(request.node);
  const at = reply.add(16);
  putNumber(reply.buffer, served.openDirectory(request.node), at);
  if (served.keptSeconds > 0) reply.buffer.writeUInt32LE(keepsListing, at + 8);
};

export const releaseDirectory: Call = (served, request) => {
  request.requireLength(24);
  served.closeDirectory(request.u64(0));
};

/** Lists names, each with its inode's number and type. */
export const readDirectory: Call = (served, request, reply) =>
  list(served, request, reply, "names");

/** Lists names with all that the kernel would ask about them next. */
export const readDirectoryPlus: Call = (served, request, reply) =>
  list(served, request, reply, "entries");

function list(served: Served, request: Request, reply: Reply, what: "names" | "entries"): void {
  request.requireLength(40);
  const [offset, size] = [request.u64(8), Math.min(request.u32(16), mostTransferred)];
  const open = served.directories.get(request.u64(0));
  if (open === undefined) throw new Refusal(errno.badDescriptor);
  const entries = (offset === 0 ? undefined : open.entries) ?? entriesOf(served, open);
  served.keep(open, entries);
  // Offset N is where entry N begins; 0 and 1 are "." and "..".
  for (let index = offset; ; index += 1) {
    const before = reply.length;
    if (index < 2) addDots(served, reply, open, index, what);
    else {
      const entry = entries[index - 2];
      if (entry === undefined) return;
      const inode = served.fs.inode(entry[1]);
      // Removed since the reading began, or named by a guest of another kind as no program here can say.
      if (inode === undefined || utf8Length(entry[0]) > longestName) continue;
      if (what === "entries" && served.lists === "entries") addEntry(reply, served, inode);
      // Node 0: the kernel must look the name up.
      else if (what === "entries") reply.add(entryBytes);
      addName(reply, served, entry[0], inode, index + 1);
    }
    if (reply.length > size) return reply.shorten(before);
  }
}

/** Most bytes of a name that the kernel takes in a path. */
const longestName = 255;

/** A directory that was removed has no entries. */
function entriesOf({ fs }: Served, { ino }: OpenDirectory): NonNullable<OpenDirectory["entries"]> {
  const inode = fs.inode(ino);
  return inode?.type === "directory" ? [...entriesIn(inode.entries)] : [];
}

function addDots(
  served: Served,
  reply: Reply,
  { ino }: OpenDirectory,
  index: number,
  what: "names" | "entries",
): void {
  // Node 0: the kernel knows these two itself.
  if (what === "entries") reply.add(entryBytes);
  const itself = served.inode(ino);
  const above = served.fs.inode(itself.names[0]?.parent ?? rootIno) ?? itself;
  if (index === 0) addName(reply, served, ".", itself, 1);
  else addName(reply, served, "..", above, 2);
}

/** Adds struct fuse_dirent. */
function addName(reply: Reply, { base }: Served, name: string, inode: Inode, next: number): void {
  const bytes = bytesOfText(name);
  const { length } = bytes;
  const at = reply.add(Math.ceil((direntBytes + length) / 8) * 8);
  const { buffer } = reply;
  putNumber(buffer, base + inode.ino, at);
  putNumber(buffer, next, at + 8);
  buffer.writeUInt32LE(length, at + 16);
  buffer.writeUInt32LE(fileTypes[inode.type] >>> 12, at + 20);
  bytes.copy(buffer, at + direntBytes);
}

const direntBytes = 24;

/** Most bytes that one entry with all about it takes: the answer has room for one beyond what was asked for. */
export const longestEntry = entryBytes + direntBytes + 256 * 4;
