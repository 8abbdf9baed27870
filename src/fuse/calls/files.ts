import type { Ino } from "../../../journal/index.ts";
import { FsError, extentsOf } from "../../fs/index.ts";
import { mostTransferred } from "../protocol/init.ts";
import { Refusal, errno } from "../protocol/errno.ts";
import { type Reply, putNumber } from "../protocol/reply.ts";
import type { Request } from "../protocol/request.ts";
import type { Call } from "./call.ts";
import { dropPrivileges } from "./inodes.ts";
import type { Served } from "./served.ts";

// fcntl.h; the same on x86_64 and aarch64.
const accessMode = 3;
const writeOnly = 1;
const truncating = 0o1000;
const appending = 0o2000;

// linux/fuse.h: FOPEN_KEEP_CACHE, as nobody else writes the file, and FOPEN_NOFLUSH, as a close has nothing to write.
const keepCache = 1 << 1;
const noFlush = 1 << 5;

// linux/fuse.h: FUSE_OPEN_KILL_SUIDGID and FUSE_WRITE_KILL_SUIDGID.
const openDropsPrivileges = 1;
const writeDropsPrivileges = 4;

export const open: Call = (served, request, reply) => {
  const { fs } = served;
  const ino = request.node;
  requireFile(served, request);
  fs.hold(ino);
  try {
    if ((request.u32(0) & accessMode) !== writeOnly) fs.requireReadable(ino);
    if (request.u32(0) & truncating) served.perform({ kind: "truncate", ino });
    if (request.u32(4) & openDropsPrivileges) dropPrivileges(served, ino);
    fs.note({ kind: "open", ino });
  } catch (error) {
    fs.release(ino);
    throw error;
  }
  addOpened(served, reply, ino);
};

/** Adds struct fuse_open_out. A file is known by its inode: its handle has no number of its own. */
export function addOpened(served: Served, reply: Reply, ino: Ino): void {
  const at = reply.add(16);
  const keeps = !served.isStale(ino) && served.keptSeconds > 0;
  reply.buffer.writeUInt32LE(noFlush | (keeps ? keepCache : 0), at + 8);
}

export const release: Call = ({ fs }, request) => fs.release(request.node);

export const read: Call = ({ fs }, request, reply) => {
  request.requireLength(40);
  const offset = request.u64(8);
  const length = Math.min(request.u32(16), mostTransferred);
  const bytes = fs.read(request.node, offset, length, (room) => reply.room(room));
  if (bytes.length > 0) fs.note({ kind: "read", ino: request.node, offset, length: bytes.length });
};

export const write: Call = (served, request, reply) => {
  request.requireLength(40);
  const ino = request.node;
  const length = request.u32(16);
  const offset = offsetOf(served, request);
  const bytes = request.bytes(40, length);
  if (offset + length > Number.MAX_SAFE_INTEGER)
    throw new FsError("file-too-large", served.fs.path(ino), "file-bytes");
  served.perform({ kind: "write", ino, offset, length }, bytes);
  if (request.u32(20) & writeDropsPrivileges) dropPrivileges(served, ino);
  reply.buffer.writeUInt32LE(length, reply.add(8));
};

/** Returns where bytes go: those that are appended go nowhere beyond the end, though that is another by now. */
function offsetOf({ fs }: Served, request: Request): number {
  const offset = request.u64(8);
  if (!request.hasWaited || (request.u32(32) & appending) === 0) return offset;
  const inode = fs.inode(request.node);
  return inode?.type === "file" ? Math.min(offset, inode.content.size) : offset;
}

/** Returns once all that was recorded is on disk. */
export const sync: Call = ({ fs }) => fs.sync();

// linux/falloc.h
const keepSize = 1;
const punchHole = 2;
const zeroRange = 16;

/** Makes room, which a file needs none of, or a hole. Moving the rest of a file is not served. */
export const allocate: Call = (served, request) => {
  request.requireLength(32);
  const ino = request.node;
  const [offset, length, mode] = [request.u64(8), request.u64(16), request.u32(24)];
  const end = offset + length;
  const file = requireFile(served, request);
  const { size } = file.content;
  dropPrivileges(served, ino);
  if (end > Number.MAX_SAFE_INTEGER)
    throw new FsError("file-too-large", served.fs.path(ino), "file-bytes");
  // On Linux a file is as new as the last call that took room for it, even if that changed nothing.
  const touch = () => served.perform({ kind: "set-times", ino, mtime: served.now() });
  if ((mode & ~keepSize) === 0) {
    if (mode === 0 && end > size) served.perform({ kind: "set-size", ino, size: end });
    else touch();
    return;
  }
  if (mode !== (punchHole | keepSize) && (mode & ~keepSize) !== zeroRange)
    throw new Refusal(errno.unsupported);
  const after = mode & keepSize ? size : Math.max(size, end);
  if (after > size) served.perform({ kind: "set-size", ino, size: after });
  const around = [
    ...extentsOf(file.content, 0, Math.min(offset, size)),
    ...extentsOf(file.content, Math.min(end, after), after),
  ];
  const extents = around.filter(({ tape }) => tape !== "hole");
  const mapped = extents.reduce((sum, extent) => sum + extent.length, 0);
  // A hole that is there already is no change.
  if (mapped < file.content.mapped) served.perform({ kind: "revert", ino, size: after, extents });
  else if (after === size) touch();
};

// linux/fs.h
const seekData = 3;
const seekHole = 4;

/** Finds the next data or the next hole; the end of a file is a hole. */
export const seek: Call = (served, request, reply) => {
  request.requireLength(24);
  const [offset, whence] = [request.u64(8), request.u32(16)];
  const { content } = requireFile(served, request);
  if (whence !== seekData && whence !== seekHole) throw new Refusal(errno.invalid);
  if (offset >= content.size) throw new Refusal(errno.noSuchAddress);
  let found = whence === seekHole ? content.size : undefined;
  for (const extent of extentsOf(content, offset)) {
    if ((extent.tape === "hole") !== (whence === seekHole)) continue;
    found = Math.max(offset, extent.offset);
    break;
  }
  if (found === undefined) throw new Refusal(errno.noSuchAddress);
  putNumber(reply.buffer, found, reply.add(8));
};

function requireFile(served: Served, { node }: Request) {
  const inode = served.fs.inode(node);
  if (inode?.type === "file") return inode;
  const code =
    inode === undefined ? "no-entry" : inode.type === "directory" ? "is-directory" : "invalid";
  throw new FsError(code, served.fs.path(node));
}
