import { FsError } from "../../fs/index.ts";
import { requireReadable, requireWritable, sizeNow, writeAt } from "../calls/file.ts";
import type { Handle } from "../calls/handle.ts";
import type { Context } from "./context.ts";
import { errno, errnoOf } from "./errno.ts";
import { findOpen } from "./find-open.ts";
import type { OpenFile, Opened } from "./open-file.ts";
import { right } from "./rights.ts";
import { Vectors } from "./vectors.ts";

/** Larger writes become several events, so that none occupies its journal for too long. */
const mostPieceBytes = 1024 * 1024;
const mostInputBytes = 65_536;

/** The functions of preview 1 that read and write contents. */
export function transferFunctions(context: Context) {
  // A call has taken what it needs of the vectors before the next one begins.
  const vectors = new Vectors(context.memory);
  return { ...writeFunctions(context, vectors), ...readFunctions(context, vectors) };
}

function writeFunctions(context: Context, vectors: Vectors) {
  const { host, memory, descriptors, surroundings } = context;
  const { fileOf } = findOpen(context);
  const mostBytes = host.fs.limits["call-bytes"];

  const put = ({ handle }: OpenFile, bytes: Uint8Array, position: number): number => {
    const taken = bytes.length > mostBytes ? bytes.subarray(0, mostBytes) : bytes;
    if (taken.length > mostPieceBytes) return putPieces(handle, taken, position);
    writeAt(handle, taken, position);
    return taken.length;
  };

  const print = (stream: "stdout" | "stderr", bytes: Uint8Array, result: number): number => {
    switch (bytes.length === 0 ? "done" : surroundings.print(stream, bytes)) {
      case "done":
        memory.setUint32(result, bytes.length);
        return errno.success;
      case "closed":
        return errno.pipe;
      case "failed":
        return errno.io;
    }
  };

  const writeTo = (
    opened: Opened | undefined,
    list: number,
    count: number,
    result: number,
  ): number => {
    if (opened === undefined) return errno.badf;
    memory.check(result, 4);
    const wrong = vectors.take(list, count);
    if (wrong !== 0) return wrong;
    const bytes = vectors.gather();
    if (opened.handle === undefined)
      return opened.stream !== "stdin" && opened.rights.allow(right.fdWrite)
        ? print(opened.stream, bytes, result)
        : errno.badf;
    try {
      requireWriting(opened);
      const start = opened.appends ? sizeNow(opened.handle) : opened.position;
      const written = put(opened, bytes, start);
      if (written > 0) opened.moveTo(start + written);
      memory.setUint32(result, written);
      return errno.success;
    } catch (error) {
      return errnoOf(host.refusal("write", undefined, "mutation", error));
    }
  };

  return {
    fd_write: (fd: number, list: number, count: number, result: number): number =>
      writeTo(descriptors.get(fd >>> 0), list, count, result),

    fd_pwrite(fd: number, list: number, count: number, offset: bigint, result: number): number {
      const file = fileOf("write", fd, right.fdSeek, errno.spipe);
      if (typeof file === "number") return file;
      memory.check(result, 4);
      const wrong = vectors.take(list, count);
      if (wrong !== 0) return wrong;
      const bytes = vectors.gather();
      if (offset < 0n) return errno.inval;
      try {
        requireWriting(file);
        // As on Linux: a file that is open for appending is appended to at any offset.
        const start = file.appends ? sizeNow(file.handle) : positionOf(offset);
        memory.setUint32(result, put(file, bytes, start));
        return errno.success;
      } catch (error) {
        return errnoOf(host.refusal("write", undefined, "mutation", error));
      }
    },
  };
}

function readFunctions(context: Context, vectors: Vectors) {
  const { host, memory, descriptors, surroundings } = context;
  const { fs } = host;
  const { fileOf } = findOpen(context);
  const mostBytes = fs.limits["call-bytes"];
  const hasInput = (): boolean => surroundings.stdin.isReady();

  /** Reads into the places of the vectors. */
  const get = ({ handle, rights }: OpenFile, position: number): number => {
    requireReadable(handle);
    if (!rights.allow(right.fdRead)) throw new FsError("bad-descriptor", handle.path);
    const { ino } = handle;
    const length = vectors.fill(
      mostBytes,
      (done, wanted, room) => fs.read(ino, position + done, wanted, room).length,
    );
    if (length > 0) fs.note({ kind: "read", ino, offset: position, length });
    return length;
  };

  const takeInput = (): number => {
    const room = Math.min(vectors.total, mostInputBytes);
    if (room === 0) return 0;
    surroundings.waitFor(hasInput, undefined);
    const bytes = surroundings.stdin.take(room);
    if (bytes === undefined) return 0;
    vectors.scatter(bytes);
    return bytes.length;
  };

  return {
    fd_read(fd: number, list: number, count: number, result: number): number {
      const opened = descriptors.get(fd >>> 0);
      if (opened === undefined) return errno.badf;
      memory.check(result, 4);
      const wrong = vectors.take(list, count);
      if (wrong !== 0) return wrong;
      if (opened.handle === undefined) {
        if (opened.stream !== "stdin" || !opened.rights.allow(right.fdRead)) return errno.badf;
        memory.setUint32(result, takeInput());
        return errno.success;
      }
      try {
        const length = get(opened, opened.position);
        if (length > 0) opened.moveTo(opened.position + length);
        memory.setUint32(result, length);
        return errno.success;
      } catch (error) {
        return errnoOf(host.refusal("read", undefined, "access", error));
      }
    },

    fd_pread(fd: number, list: number, count: number, offset: bigint, result: number): number {
      const file = fileOf("read", fd, right.fdSeek, errno.spipe);
      if (typeof file === "number") return file;
      memory.check(result, 4);
      const wrong = vectors.take(list, count);
      if (wrong !== 0) return wrong;
      if (offset < 0n) return errno.inval;
      try {
        memory.setUint32(result, get(file, positionOf(offset)));
        return errno.success;
      } catch (error) {
        return errnoOf(host.refusal("read", undefined, "access", error));
      }
    },
  };
}

/** Throws FsError unless the file was opened for writing, and kept the right to write. */
function requireWriting({ handle, rights }: OpenFile): void {
  requireWritable(handle, "bad-descriptor");
  if (!rights.allow(right.fdWrite)) throw new FsError("bad-descriptor", handle.path);
}

/**
 * Writes bytes as several events. If one is refused, returns how many were written before; the next call gets the
 * refusal.
 */
function putPieces(handle: Handle, bytes: Uint8Array, position: number): number {
  for (let done = 0; done < bytes.length; done += mostPieceBytes) {
    try {
      writeAt(handle, bytes.subarray(done, done + mostPieceBytes), position + done);
    } catch (error) {
      if (done === 0 || !(error instanceof FsError)) throw error;
      return done;
    }
  }
  return bytes.length;
}

/** Converts an offset, which the engine passes signed: beyond exact numbers it lies past the end of any file. */
function positionOf(offset: bigint): number {
  const position = Number(offset);
  return position >= 0 && position <= Number.MAX_SAFE_INTEGER
    ? position
    : Number.MAX_SAFE_INTEGER + 1;
}
