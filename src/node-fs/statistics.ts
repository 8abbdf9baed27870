import { Dirent, Stats, constants } from "node:fs";
import { type Inode, modeOf, sizeOf } from "../fs/index.ts";

const { S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } = constants;
const typeBits = {
  file: S_IFREG,
  directory: S_IFDIR,
  symlink: S_IFLNK,
  fifo: S_IFIFO,
  socket: S_IFSOCK,
} as const;

/** The facts of an inode under the names of `fs.Stats`, without the times. */
function numbersOf(inode: Inode) {
  const size = sizeOf(inode);
  return {
    dev: 0,
    ino: inode.ino,
    mode: typeBits[inode.type] | modeOf(inode),
    nlink: inode.type === "directory" ? 1 : inode.names.length,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    rdev: 0,
    size,
    blksize: 4_096,
    blocks: inode.type === "file" ? Math.ceil(inode.content.mapped / 512) : 0,
  };
}

/** The times of an inode under those names. When it was made is not kept: it is told as its last change. */
function timesOf({ atime, mtime, ctime }: Inode) {
  return { atime, mtime, ctime, birthtime: ctime };
}

type Numbers = ReturnType<typeof numbersOf>;
type Times = ReturnType<typeof timesOf>;

/** Returns the facts of an inode as an `fs.Stats`. */
export function statsOf(inode: Inode): Stats {
  return statsFrom(numbersOf(inode), timesOf(inode));
}

const noNumbers: Numbers = {
  dev: 0,
  ino: 0 as Numbers["ino"],
  mode: 0,
  nlink: 0,
  uid: 0,
  gid: 0,
  rdev: 0,
  size: 0,
  blksize: 0,
  blocks: 0,
};
const noTimes: Times = { atime: 0n, mtime: 0n, ctime: 0n, birthtime: 0n };

/** Returns the facts about nothing, which are all zero. */
export function noStats(): Stats {
  return statsFrom(noNumbers, noTimes);
}

/** The same as an `fs.BigIntStats`. */
export function noBigStats(): BigStats {
  return new BigStats(noNumbers, noTimes);
}

function statsFrom(numbers: Numbers, given: Times): Stats {
  const times = Object.entries(given).map(([name, time]) => [`${name}Ms`, msOf(time)]);
  // `new Stats` is deprecated; its methods, and its dates, need no more than these fields.
  return Object.assign(Object.create(Stats.prototype) as Stats, numbers, Object.fromEntries(times));
}

/** Returns the facts of an inode as an `fs.BigIntStats`. */
export function bigStatsOf(inode: Inode): BigStats {
  return new BigStats(numbersOf(inode), timesOf(inode));
}

/** `fs.BigIntStats`, whose own constructor Node.js does not give away. */
export class BigStats {
  declare readonly ino: bigint;
  declare readonly mode: bigint;
  declare readonly nlink: bigint;
  declare readonly size: bigint;
  declare readonly mtimeMs: bigint;
  declare readonly ctimeMs: bigint;

  constructor(numbers: Numbers, times: Times) {
    for (const [name, value] of Object.entries(numbers))
      Object.assign(this, { [name]: BigInt(value) });
    for (const [name, time] of Object.entries(times))
      Object.assign(this, {
        [`${name}Ms`]: time / 1_000_000n,
        [`${name}Ns`]: time,
      });
    // As of Node.js: not among the keys.
    for (const [name, time] of Object.entries(times)) {
      const value = new Date(msOf(time));
      Object.defineProperty(this, name, { value, enumerable: false, writable: true });
    }
  }

  isFile(): boolean {
    return this.#is(S_IFREG);
  }

  isDirectory(): boolean {
    return this.#is(S_IFDIR);
  }

  isSymbolicLink(): boolean {
    return this.#is(S_IFLNK);
  }

  isBlockDevice(): boolean {
    return false;
  }

  isCharacterDevice(): boolean {
    return false;
  }

  isFIFO(): boolean {
    return false;
  }

  isSocket(): boolean {
    return false;
  }

  #is(type: number): boolean {
    return Number(this.mode & BigInt(S_IFMT)) === type;
  }
}

function msOf(time: bigint): number {
  return Number(time) / 1e6;
}

// uv.h, uv_dirent_type_t
const entryTypes = { file: 1, directory: 2, symlink: 3, fifo: 4, socket: 5 } as const;

/** Makes an entry of a directory, as `readdir` gives it `withFileTypes`. */
export function direntOf(name: string | Buffer, { type }: Inode, parentPath: string): Dirent {
  // Node.js documents the class, and not its constructor.
  const Constructor = Dirent as unknown as new (
    name: string | Buffer,
    type: number,
    path: string,
  ) => Dirent;
  return new Constructor(name, entryTypes[type], parentPath);
}
