import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readSync,
} from "node:fs";
import { join } from "node:path";
import { parseName } from "../format/event.ts";
import type { HostStamp, PromisedFile } from "../format/promise.ts";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Why promised bytes cannot be had from the host. */
export type Unreadable = "changed" | "missing" | "not allowed" | "not readable";

/** The part of a host's record that a stamp is taken of. */
interface Stamped extends Pick<BigIntStats, "mtimeNs" | "ctimeNs" | "ino" | "isFile"> {
  readonly size: bigint | number;
}

/** Tells whether a file of the host is the one that a stamp was taken of, and was not changed since. */
export function hasStamp(stat: Stamped, { size, mtime, ctime, ino }: HostStamp): boolean {
  if (!stat.isFile() || Number(stat.size) !== size) return false;
  const now = stampOf(stat);
  return now.mtime === mtime && now.ctime === ctime && now.ino === ino;
}

/** Returns the stamp of a file of the host. Times that a list does not hold are the nearest that it does. */
export function stampOf({ size, mtimeNs, ctimeNs, ino }: Omit<Stamped, "isFile">): HostStamp {
  return {
    size: Number(size),
    mtime: inList(mtimeNs),
    ctime: inList(ctimeNs),
    ino: BigInt.asUintN(64, ino),
  };
}

function inList(time: bigint): bigint {
  return time < 0n ? 0n : time > latest ? latest : time;
}

const latest = (1n << 64n) - 1n;

/**
 * Reads promised bytes from a folder of the host, `length` of them from `offset` of the file on; or says why they cannot
 * be had. Follows no symlink below the folder. The file must be the one that was listed, before and after it is read.
 */
export function readPromised(
  folder: string,
  { below, stamp }: Pick<PromisedFile, "below" | "stamp">,
  offset: number,
  length: number,
): Buffer | Unreadable {
  let fd: number | undefined;
  try {
    fd = openBelow(folder, below.split("/"));
    if (fd === undefined) return "changed";
    if (!hasStamp(fstatSync(fd, { bigint: true }), stamp)) return "changed";
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length;) {
      const count = readSync(fd, bytes, at, length - at, offset + at);
      if (count === 0) return "changed";
      at += count;
    }
    return hasStamp(fstatSync(fd, { bigint: true }), stamp) ? bytes : "changed";
  } catch (error) {
    return reasonOf(error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Opens a file by its names below a folder, each one in the directory before it, none through a symlink. */
function openBelow(folder: string, names: readonly string[]): number | undefined {
  if (names.some((name) => parseName(name) === undefined)) return undefined;
  let directory = openSync(folder, O_RDONLY | O_DIRECTORY);
  let path = folder;
  try {
    for (const [index, name] of names.entries()) {
      const at = byDescriptor ? `/proc/self/fd/${directory}/${name}` : join(path, name);
      const isLast = index === names.length - 1;
      // Not blocking: the file may have become a pipe.
      const flags = O_RDONLY | O_NOFOLLOW | (isLast ? O_NONBLOCK : O_DIRECTORY);
      const next = openSync(at, flags);
      if (isLast) return next;
      closeSync(directory);
      directory = next;
      path = join(path, name);
    }
    return undefined;
  } finally {
    closeSync(directory);
  }
}

const byDescriptor = process.platform === "linux" && existsSync("/proc/self/fd");

function reasonOf(error: unknown): Unreadable {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "missing";
    case "EACCES":
    case "EPERM":
      return "not allowed";
    case "ELOOP":
      return "changed";
    default:
      if (typeof code === "string") return "not readable";
      throw error;
  }
}
