import { FsError } from "../../fs/index.ts";
import { requireReadable, requireWritable, setSize, sizeNow, writeAt } from "../calls/file.ts";
import type { Handle } from "../calls/handle.ts";
import { setTimes } from "../calls/set-times.ts";
import { type Context, answer, notCapable } from "./context.ts";
import { errno, errnoOf } from "./errno.ts";
import { OpenFile, type Opened } from "./open-file.ts";
import { right } from "./rights.ts";
import { fdflag, filestatBytes, filetype, filetypeOf, newTimes, putFilestat } from "./structs.ts";
import { Vectors } from "./vectors.ts";

/** Larger writes become several events, so that none occupies its journal for too long. */
const mostPieceBytes = 1024 * 1024;
const mostInputBytes = 65_536;
const adviceCount = 6;
const whence = { set: 0, current: 1, end: 2 } as const;
const largestSigned = 2n ** 63n - 1n;

/** The functions of preview 1 that take a descriptor and no path. */
export function fileFunctions(context: Context) {
  const { host, memory, descriptors, surroundings } = context;
  const { fs } = host;
  const mostBytes = fs.limits["call-bytes"];
  const vectors = new Vectors(memory);
  const hasInput = (): boolean => surroundings.stdin.isReady();

  /** Returns the file of a call, or the number of the error: `standard` for a standard stream. */
  const fileOf = (
    operation: string,
    fd: number,
    needed: number,
    standard: number,
  ): OpenFile | number => {
    const opened = descriptors.get(fd >>> 0);
    if (opened === undefined) return errno.badf;
    if (opened.handle === undefined) return standard;
    if (opened.handle.type !== "file") return errno.badf;
    return opened.rights.allow(needed) ? opened : notCapable(context, operation, opened);
  };

  /** Returns a file or directory, for a call that needs only the inode. */
  const inodeOf = (operation: string, fd: number, needed: number): OpenFile | number => {
    const opened = descriptors.get(fd >>> 0);
    if (opened === undefined) return errno.badf;
    if (opened.handle === undefined) return errno.inval;
    return opened.rights.allow(needed) ? opened : notCapable(context, operation, opened);
  };

  /**
   * Returns what a sync is of, for which any of these rights suffices. One without it is recorded as nothing: it asks for
   * nothing that a border keeps from it.
   */
  const synced = (fd: number, ...rights: readonly number[]): OpenFile | number => {
    const opened = inodeOf("sync", fd, 0);
    if (typeof opened === "number") return opened;
    return rights.some((one) => opened.rights.allow(one)) ? opened : errno.notcapable;
  };

  const put = ({ handle }: OpenFile, bytes: Uint8Array, position: number): number => {
    const taken = bytes.length > mostBytes ? bytes.subarray(0, mostBytes) : bytes;
    if (taken.length > mostPieceBytes) return putPieces(handle, taken, position);
    writeAt(handle, taken, position);
    return taken.length;
  };

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

    fd_seek(fd: number, offset: bigint, from: number, result: number): number {
      const file = fileOf("seek", fd, 0, errno.spipe);
      if (typeof file === "number") return file;
      const asksOnly = from === whence.current && offset === 0n;
      if (asksOnly ? !mayTell(file) : !file.rights.allow(right.fdSeek))
        return notCapable(context, "seek", file);
      memory.check(result, 8);
      const start = startOf(file, from);
      if (start === undefined) return errno.inval;
      const position = start + offset;
      if (position < 0n || position > largestSigned) return errno.inval;
      file.offset = position;
      memory.setUint64(result, position);
      return errno.success;
    },

    fd_tell(fd: number, result: number): number {
      const file = fileOf("tell", fd, 0, errno.spipe);
      if (typeof file === "number") return file;
      if (!mayTell(file)) return notCapable(context, "tell", file);
      memory.setUint64(result, file.offset);
      return errno.success;
    },

    fd_close: (fd: number): number => (descriptors.close(fd >>> 0) ? errno.success : errno.badf),

    fd_renumber: (fd: number, to: number): number =>
      descriptors.renumber(fd >>> 0, to >>> 0) ? errno.success : errno.badf,

    fd_advise(fd: number, _offset: bigint, _length: bigint, advice: number): number {
      if (advice >>> 0 >= adviceCount) return errno.inval;
      const file = fileOf("advise", fd, right.fdAdvise, errno.spipe);
      return typeof file === "number" ? file : errno.success;
    },

    fd_allocate(fd: number, offset: bigint, length: bigint): number {
      const file = fileOf("allocate", fd, right.fdAllocate, errno.inval);
      if (typeof file === "number") return file;
      const end = BigInt.asUintN(64, offset) + BigInt.asUintN(64, length);
      return answer(context, "allocate", undefined, "mutation", () => {
        requireWritable(file.handle, "bad-descriptor");
        if (end > largestSigned) throw new FsError("file-too-large", file.handle.path);
        if (end > sizeNow(file.handle)) setSize(file.handle, end);
      });
    },

    fd_sync(fd: number): number {
      const file = synced(fd, right.fdSync);
      if (typeof file === "number") return file;
      return answer(context, "sync", undefined, "access", () => fs.sync());
    },

    fd_datasync(fd: number): number {
      // Whoever may sync all may sync less: wasi-libc asks for no other right to a directory, as SQLite syncs one.
      const file = synced(fd, right.fdDatasync, right.fdSync);
      if (typeof file === "number") return file;
      return answer(context, "sync-data", undefined, "access", () => fs.sync());
    },

    fd_fdstat_get(fd: number, result: number): number {
      const opened = descriptors.get(fd >>> 0);
      if (opened === undefined) return errno.badf;
      const { type, flags } = fdstatOf(opened, surroundings.terminals);
      const { base, inheriting } = opened.rights.told;
      memory.check(result, 24);
      memory.all().fill(0, result >>> 0, (result >>> 0) + 24);
      memory.setUint8(result, type);
      memory.setUint16(result + 2, flags);
      memory.setCount64(result + 8, base);
      memory.setCount64(result + 16, inheriting);
      return errno.success;
    },

    fd_fdstat_set_flags(fd: number, flags: number): number {
      if ((flags & ~(fdflag.append | fdflag.nonBlock)) !== 0) return errno.inval;
      const file = fileOf("set-flags", fd, right.fdFdstatSetFlags, errno.badf);
      if (typeof file === "number") return file;
      file.appends = (flags & fdflag.append) !== 0;
      file.nonBlocking = (flags & fdflag.nonBlock) !== 0;
      return errno.success;
    },

    fd_fdstat_set_rights(fd: number, base: bigint, inheriting: bigint): number {
      const opened = descriptors.get(fd >>> 0);
      if (opened === undefined) return errno.badf;
      return opened.rights.narrow(base, inheriting) ? errno.success : errno.notcapable;
    },

    fd_filestat_get(fd: number, result: number): number {
      const opened = descriptors.get(fd >>> 0);
      if (opened === undefined) return errno.badf;
      memory.check(result, filestatBytes);
      if (opened.handle === undefined) {
        if (!opened.rights.allow(right.fdFilestatGet)) return errno.notcapable;
        memory.all().fill(0, result >>> 0, (result >>> 0) + filestatBytes);
        memory.setUint8(result + 16, standardType(opened.stream, surroundings.terminals));
        return errno.success;
      }
      if (!opened.rights.allow(right.fdFilestatGet)) return notCapable(context, "stat", opened);
      const inode = fs.inode(opened.handle.ino);
      if (inode === undefined) return errno.badf;
      putFilestat(memory, result, inode);
      return errno.success;
    },

    fd_filestat_set_size(fd: number, size: bigint): number {
      const file = fileOf("set-size", fd, right.fdFilestatSetSize, errno.inval);
      if (typeof file === "number") return file;
      return answer(context, "set-size", undefined, "mutation", () =>
        setSize(file.handle, BigInt.asUintN(64, size)),
      );
    },

    fd_filestat_set_times(fd: number, access: bigint, modification: bigint, flags: number): number {
      const times = newTimes(access, modification, flags);
      if (times === undefined) return errno.inval;
      const file = inodeOf("set-times", fd, right.fdFilestatSetTimes);
      if (typeof file === "number") return file;
      return answer(context, "set-times", undefined, "mutation", () =>
        setTimes(file.handle, times),
      );
    },
  };
}

/** Throws FsError unless the file was opened for writing, and kept the right to write. */
function requireWriting({ handle, rights }: OpenFile): void {
  requireWritable(handle, "bad-descriptor");
  if (!rights.allow(right.fdWrite)) throw new FsError("bad-descriptor", handle.path);
}

/** rights.fd_seek: "This implies rights::fd_tell". */
function mayTell({ rights }: OpenFile): boolean {
  return rights.allow(right.fdTell) || rights.allow(right.fdSeek);
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

/** Returns the position that a seek counts from. */
function startOf(file: OpenFile, from: number): bigint | undefined {
  switch (from) {
    case whence.set:
      return 0n;
    case whence.current:
      return file.offset;
    case whence.end:
      return BigInt(sizeNow(file.handle));
    default:
      return undefined;
  }
}

/** Converts an offset, which the engine passes signed: beyond exact numbers it lies past the end of any file. */
function positionOf(offset: bigint): number {
  const position = Number(offset);
  return position >= 0 && position <= Number.MAX_SAFE_INTEGER
    ? position
    : Number.MAX_SAFE_INTEGER + 1;
}

function fdstatOf(opened: Opened, terminals: Context["surroundings"]["terminals"]) {
  if (opened.handle === undefined)
    return { type: standardType(opened.stream, terminals), flags: 0 };
  const { handle, appends, nonBlocking } = opened;
  if (handle.type === "directory") return { type: filetypeOf("directory"), flags: 0 };
  const flags = (appends ? fdflag.append : 0) | (nonBlocking ? fdflag.nonBlock : 0);
  return { type: filetypeOf("file"), flags };
}

/** The fields that wasi-libc's isatty checks. */
function standardType(
  stream: "stdin" | "stdout" | "stderr",
  terminals: Context["surroundings"]["terminals"],
): number {
  return terminals.has(stream) ? filetype.characterDevice : filetype.unknown;
}
