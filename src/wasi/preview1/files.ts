import { FsError } from "../../fs/index.ts";
import { requireWritable, setSize, sizeNow } from "../calls/file.ts";
import { setTimes } from "../calls/set-times.ts";
import { type Context, answer, notCapable } from "./context.ts";
import { errno } from "./errno.ts";
import { findOpen } from "./find-open.ts";
import type { OpenFile } from "./open-file.ts";
import { right } from "./rights.ts";
import { newTimes } from "./structs.ts";

const adviceCount = 6;
const whence = { set: 0, current: 1, end: 2 } as const;
const largestSigned = 2n ** 63n - 1n;

/** The functions of preview 1 that take a descriptor, and neither a path nor contents. */
export function fileFunctions(context: Context) {
  return { ...positionFunctions(context), ...sizeFunctions(context), ...syncFunctions(context) };
}

/** The functions for positions and numbers of descriptors. */
function positionFunctions(context: Context) {
  const { memory, descriptors } = context;
  const { fileOf } = findOpen(context);
  return {
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
  };
}

/** The functions that set sizes and times. */
function sizeFunctions(context: Context) {
  const { fileOf, inodeOf } = findOpen(context);
  return {
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

function syncFunctions(context: Context) {
  const { fs } = context.host;
  const { inodeOf } = findOpen(context);
  /**
   * Returns what a sync is of, for which any of these rights suffices. One without it is recorded as nothing: it asks for
   * nothing that a border keeps from it.
   */
  const synced = (fd: number, ...rights: readonly number[]): OpenFile | number => {
    const opened = inodeOf("sync", fd, 0);
    if (typeof opened === "number") return opened;
    return rights.some((one) => opened.rights.allow(one)) ? opened : errno.notcapable;
  };
  return {
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
  };
}

/** rights.fd_seek: "This implies rights::fd_tell". */
function mayTell({ rights }: OpenFile): boolean {
  return rights.allow(right.fdTell) || rights.allow(right.fdSeek);
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
