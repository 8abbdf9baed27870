import { type Inode, sizeOf } from "../../fs/index.ts";
import { type LinearMemory, putCount64 } from "../preview2/linear-memory.ts";
import type { NewTimes } from "../calls/set-times.ts";
import { linksOf } from "../calls/stat.ts";

// wasi_snapshot_preview1: structures in the guest's memory, and the flags of its calls.

export const filetype = {
  unknown: 0,
  characterDevice: 2,
  directory: 3,
  regularFile: 4,
  socketStream: 6,
  symbolicLink: 7,
} as const;
export const fdflag = { append: 1, dsync: 2, nonBlock: 4, rsync: 8, sync: 16 } as const;
const fstflag = { atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 } as const;
const knownFstflags = 15;

const nanosecondsPerSecond = 1_000_000_000n;
/** There is one filesystem. */
const device = 1;
export const filestatBytes = 64;

/** Returns the filetype of an inode. */
export function filetypeOf(type: Inode["type"]): number {
  switch (type) {
    case "directory":
      return filetype.directory;
    case "file":
      return filetype.regularFile;
    case "symlink":
      return filetype.symbolicLink;
    case "socket":
      return filetype.socketStream;
    case "fifo":
      // Preview 1 has no word for it, and wasmtime none either.
      return filetype.unknown;
  }
}

/** Writes a filestat, of 64 bytes. */
export function putFilestat(memory: LinearMemory, result: number, inode: Inode): void {
  const view = memory.fields(result, filestatBytes);
  const at = result >>> 0;
  putCount64(view, at, device);
  putCount64(view, at + 8, inode.ino);
  putCount64(view, at + 16, filetypeOf(inode.type));
  putCount64(view, at + 24, linksOf(inode));
  putCount64(view, at + 32, sizeOf(inode));
  view.setBigUint64(at + 40, inode.atime, true);
  view.setBigUint64(at + 48, inode.mtime, true);
  view.setBigUint64(at + 56, inode.ctime, true);
}

/** Returns the times that a guest wants to set; undefined if its flags contradict one another, or have no meaning. */
export function newTimes(
  access: bigint,
  modification: bigint,
  flags: number,
): NewTimes | undefined {
  if ((flags & ~knownFstflags) !== 0) return undefined;
  const atime = newTime(access, (flags & fstflag.atim) !== 0, (flags & fstflag.atimNow) !== 0);
  const mtime = newTime(
    modification,
    (flags & fstflag.mtim) !== 0,
    (flags & fstflag.mtimNow) !== 0,
  );
  return atime === undefined || mtime === undefined
    ? undefined
    : { access: atime, modification: mtime };
}

function newTime(time: bigint, isGiven: boolean, isNow: boolean): NewTimes["access"] | undefined {
  if (isGiven && isNow) return undefined;
  if (isNow) return { tag: "now" };
  if (!isGiven) return { tag: "no-change" };
  const nanoseconds = BigInt.asUintN(64, time);
  return {
    tag: "timestamp",
    val: {
      seconds: nanoseconds / nanosecondsPerSecond,
      nanoseconds: Number(nanoseconds % nanosecondsPerSecond),
    },
  };
}
