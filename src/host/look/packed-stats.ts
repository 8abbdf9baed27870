import { type BigIntStats, constants } from "node:fs";

import type { HostStat } from "../disk/host-stat.ts";

/** The bytes that a record takes. */
export const recordBytes = 64;
/** Offsets in a record. Its end is what a list holds of a file, as the list has it. */
const places = { size: 0, mode: 8, links: 12, dev: 16, ino: 24, mtime: 32, atime: 40, ctime: 48 };
/** The place of the last number, which is the inode's again. */
const listedIno = 56;
/** The mode of an entry that is not there: no other has none of the bits of a type. */
const absent = 0;
const most64 = (1n << 64n) - 1n;

/** Writes the record of an entry into memory that threads can share. Times are moved into the range of a list. */
export function pack(view: DataView, at: number, stat: BigIntStats | undefined): void {
  if (stat === undefined) {
    view.setUint32(at + places.mode, absent, true);
    return;
  }
  view.setFloat64(at + places.size, Number(stat.size), true);
  view.setUint32(at + places.mode, Number(stat.mode), true);
  view.setUint32(at + places.links, Number(stat.nlink), true);
  view.setBigUint64(at + places.dev, stat.dev, true);
  view.setBigUint64(at + places.ino, stat.ino, true);
  view.setBigUint64(at + places.mtime, inRange(stat.mtimeNs), true);
  view.setBigUint64(at + places.atime, inRange(stat.atimeNs), true);
  view.setBigUint64(at + places.ctime, inRange(stat.ctimeNs), true);
  view.setBigUint64(at + listedIno, stat.ino, true);
}

/** Returns what a list has of a file, with 0 for the time of its last change. */
export function withoutChangeTime(bytes: Buffer, start: number): Buffer {
  const listed = Buffer.from(bytes.subarray(start, start + recordBytes - places.mtime));
  return listed.fill(0, places.ctime - places.mtime, listedIno - places.mtime);
}

function inRange(time: bigint): bigint {
  return time < 0n ? 0n : time > most64 ? most64 : time;
}

/** Shows one record after another, without an object for each. */
export class PackedStat implements HostStat {
  readonly #view: DataView;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(view: DataView<ArrayBufferLike>) {
    this.#view = view;
    this.#bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  }

  /** Shows the record that begins at a place; tells if there is such an entry. */
  show(at: number): boolean {
    this.#at = at;
    return this.mode !== absent;
  }

  get mode(): number {
    return this.#view.getUint32(this.#at + places.mode, true);
  }

  get size(): number {
    return this.#view.getFloat64(this.#at + places.size, true);
  }

  get nlink(): number {
    return this.#view.getUint32(this.#at + places.links, true);
  }

  get dev(): bigint {
    return this.#view.getBigUint64(this.#at + places.dev, true);
  }

  get ino(): bigint {
    return this.#view.getBigUint64(this.#at + places.ino, true);
  }

  get mtimeNs(): bigint {
    return this.#view.getBigUint64(this.#at + places.mtime, true);
  }

  get atimeNs(): bigint {
    return this.#view.getBigUint64(this.#at + places.atime, true);
  }

  get ctimeNs(): bigint {
    return this.#view.getBigUint64(this.#at + places.ctime, true);
  }

  /** The times and the inode number as the bytes that a list has of a file. */
  get listed(): { readonly bytes: Buffer; readonly start: number } {
    return { bytes: this.#bytes, start: this.#at + places.mtime };
  }

  isFile(): boolean {
    return this.#type === constants.S_IFREG;
  }

  isDirectory(): boolean {
    return this.#type === constants.S_IFDIR;
  }

  isSymbolicLink(): boolean {
    return this.#type === constants.S_IFLNK;
  }

  isFIFO(): boolean {
    return this.#type === constants.S_IFIFO;
  }

  isSocket(): boolean {
    return this.#type === constants.S_IFSOCK;
  }

  isBlockDevice(): boolean {
    return this.#type === constants.S_IFBLK;
  }

  isCharacterDevice(): boolean {
    return this.#type === constants.S_IFCHR;
  }

  get #type(): number {
    return this.mode & constants.S_IFMT;
  }
}
