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

/** Returns the facts of an inode as an `fs.Stats`. */
export function statsOf(inode: Inode): Stats {
  const times = Object.entries(timesOf(inode)).map(([name, time]) => [`${name}Ms`, msOf(time)]);
  // `new Stats` is deprecated; its methods, and its dates, need no more than these fields.
  return Object.assign(
    Object.create(Stats.prototype) as Stats,
    numbersOf(inode),
    Object.fromEntries(times),
  );
}

/** Returns the facts of an inode as an `fs.BigIntStats`. */
export function bigStatsOf(inode: Inode): BigStats {
  return new BigStats(inode);
}

/** `fs.BigIntStats`, whose own constructor Node.js does not give away. */
export class BigStats {
  constructor(inode: Inode) {
    for (const [name, value] of Object.entries(numbersOf(inode)))
      Object.assign(this, { [name]: BigInt(value) });
    for (const [name, time] of Object.entries(timesOf(inode)))
      Object.assign(this, {
        [`${name}Ms`]: time / 1_000_000n,
        [`${name}Ns`]: time,
      });
    // As of Node.js: not among the keys.
    for (const [name, time] of Object.entries(timesOf(inode)))
      Object.defineProperty(this, name, { value: new Date(msOf(time)), enumerable: false });
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
    const { mode } = this as unknown as { readonly mode: bigint };
    return Number(mode & BigInt(S_IFMT)) === type;
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
