import { FsError, type Room } from "../../fs/index.ts";
import type { Handle } from "./handle.ts";

/** Most bytes that one read returns. */
export const mostReadBytes = 65_536;

const largestSigned = 2n ** 63n - 1n;
const mostReadLength = BigInt(mostReadBytes);
const largestExact = BigInt(Number.MAX_SAFE_INTEGER);

/** wasi:filesystem/types, descriptor.read. Empty at the end of the file and past it. Throws FsError. */
export function read(handle: Handle, length: bigint, offset: bigint, room?: Room): Uint8Array {
  requireReadable(handle);
  if (offset > largestSigned) throw new FsError("invalid", handle.path);
  return readAt(handle, positionOf(offset), readLength(length), room);
}

/** wasi:filesystem/types, descriptor.write. Returns how many bytes were written. Throws FsError. */
export function write(handle: Handle, bytes: Uint8Array, offset: bigint): number {
  requireWritable(handle, "bad-descriptor");
  const most = handle.host.fs.limits["call-bytes"];
  const taken = bytes.length > most ? bytes.subarray(0, most) : bytes;
  writeAt(handle, taken, positionOf(offset));
  return taken.length;
}

/** wasi:filesystem/types, descriptor.set-size. Throws FsError. */
export function setSize(handle: Handle, size: bigint): void {
  // Unlike for a write, the code for a descriptor that was not opened for writing is "invalid", as of ftruncate.
  requireWritable(handle, "invalid");
  if (size > largestSigned) throw new FsError("invalid", handle.path);
  if (size > largestExact) throw new FsError("file-too-large", handle.path, "file-bytes");
  handle.host.fs.perform({ kind: "set-size", ino: handle.ino, size: Number(size) });
}

/** wasi:filesystem/types, descriptor.advise: a hint that is ignored. Throws FsError. */
export function advise(handle: Handle): void {
  if (handle.type !== "file") throw new FsError("bad-descriptor", handle.path);
}

/** Reads bytes, into `room` if given, if the guest may read them. Throws FsError. */
export function readAt(
  { host, ino }: Handle,
  position: number,
  length: number,
  room?: Room,
): Uint8Array {
  const bytes = host.fs.read(ino, position, length, room);
  if (bytes.length > 0) host.fs.note({ kind: "read", ino, offset: position, length: bytes.length });
  return bytes;
}

/** Writes all of the bytes if the guest may write them. Throws FsError. */
export function writeAt(handle: Handle, bytes: Uint8Array, position: number): void {
  const { host, ino } = handle;
  const { length } = bytes;
  if (length > 0 && position + length > Number.MAX_SAFE_INTEGER)
    throw new FsError("file-too-large", handle.path, "file-bytes");
  host.fs.perform({ kind: "write", ino, offset: position, length }, bytes);
}

/** Returns the present size of an open file. */
export function sizeNow({ host, ino }: Handle): number {
  const inode = host.fs.inode(ino);
  return inode?.type === "file" ? inode.content.size : 0;
}

/**
 * Converts a guest's offset to a number; one that no number holds exactly becomes 2^53, which lies past the end of any
 * file.
 */
export function positionOf(offset: bigint): number {
  return offset > largestExact ? Number.MAX_SAFE_INTEGER + 1 : Number(offset);
}

/** Limits the length of a read. */
export function readLength(length: bigint): number {
  return length > mostReadLength ? mostReadBytes : Number(length);
}

/** Throws FsError unless the handle is a file's in a preopen that may be changed. */
export function requireChangeable(handle: Handle): void {
  if (handle.type !== "file") throw new FsError("bad-descriptor", handle.path);
  if (handle.access === "read-only") throw new FsError("not-permitted", handle.path);
}

/** Throws FsError unless the handle is a file's that was opened for reading. */
export function requireReadable(handle: Handle): void {
  if (handle.type !== "file" || !handle.reads) throw new FsError("bad-descriptor", handle.path);
}

/**
 * Throws FsError unless the handle is a file's that was opened for writing, with the code `otherwise` if it was not.
 */
export function requireWritable(handle: Handle, otherwise: "bad-descriptor" | "invalid"): void {
  requireChangeable(handle);
  if (!handle.writes) throw new FsError(otherwise, handle.path);
}
