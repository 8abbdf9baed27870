import { type BigIntStats, closeSync, constants, fstatSync, readSync } from "node:fs";

import type { Extent, Ino } from "../../../journal/index.ts";
import { type FileSystem, FsError } from "../../fs/index.ts";
import type { HostDirectory } from "../disk/directory.ts";
import type { Steps } from "./steps.ts";
import { Twins } from "./twins.ts";

const chunkBytes = 1024 * 1024;
/** Step in which zeros are looked for. */
const holeBytes = 64 * 1024;
/** Limits how much is read of a file that claims to be empty and is not (as below /proc). */
const mostUntold = 64 * 1024 * 1024;

/**
 * The file at the place of a host file: either the differences are written into it, or it is left alone for a new one.
 */
export interface Existing {
  readonly ino: Ino;
  readonly write: "in place" | "anew";
}

interface Source {
  readonly fd: number;
  readonly size: number;
  readonly isSparse: boolean;
}

/** Copies host files into the filesystem, a megabyte at a time, through one buffer. */
export class FileCopier {
  readonly #fs: FileSystem;
  readonly #onBytes: (bytes: number) => void;
  readonly #chunk = Buffer.allocUnsafeSlow(chunkBytes);
  readonly #zeros = Buffer.alloc(holeBytes);
  readonly #twins: Twins | undefined;

  constructor(fs: FileSystem, copies: "shared" | "separate", onBytes: (bytes: number) => void) {
    this.#fs = fs;
    this.#twins = copies === "shared" ? new Twins(fs) : undefined;
    this.#onBytes = onBytes;
  }

  /**
   * Gives a file the content of a host file, of which `stat` was just seen: the existing file, or one that `make`
   * returns. "same": it was equal already. "no-file": the host's is no longer a file. Throws the system's error, and
   * FsError.
   */
  *copy(
    host: HostDirectory,
    name: string,
    stat: BigIntStats,
    existing: Existing | undefined,
    make: () => Ino,
  ): Steps<"same" | "copied" | "no-file"> {
    const fd = host.openFile(name, stat);
    try {
      const { size, blocks, mode } = fstatSync(fd);
      if ((mode & constants.S_IFMT) !== constants.S_IFREG) return "no-file";
      if (size > this.#fs.limits["file-bytes"]) {
        throw new FsError("file-too-large", host.show(name), "file-bytes");
      }
      const source = { fd, size, isSparse: blocks * 512 < size && size >= holeBytes };
      if (existing?.write === "in place") return yield* this.#update(source, existing.ino);
      if (existing !== undefined && (yield* this.#isSame(source, existing.ino))) return "same";
      const twin = yield* this.#twinOf(source);
      const ino = make();
      if (twin === undefined) yield* this.#write(source, ino);
      else this.#fs.perform({ kind: "revert", ino, size, extents: twin });
      this.#twins?.add(ino, size, (length) => beginningOf(fd, length));
      return "copied";
    } finally {
      closeSync(fd);
    }
  }

  /** Returns where the bytes of a host file stand on the tape already, as those of another file. */
  *#twinOf(source: Source): Steps<readonly Extent[] | undefined> {
    const { fd, size } = source;
    const room = this.#fs.limits.bytes - this.#fs.tree.mapped;
    if (this.#twins === undefined || size > room) return undefined;
    for (const ino of this.#twins.of(size, (length) => beginningOf(fd, length)))
      if (yield* this.#isSame(source, ino)) return this.#twins.extentsOf(ino, size);
    return undefined;
  }

  *#write(source: Source, ino: Ino): Steps<void> {
    let end = 0;
    for (const { offset, bytes } of this.#chunks(source)) {
      yield;
      const step = source.isSparse ? holeBytes : chunkBytes;
      for (let at = 0; at < bytes.length; at += step) {
        const part = bytes.subarray(at, at + step);
        if (!source.isSparse || !part.equals(this.#zeros.subarray(0, part.length)))
          this.#put(ino, offset + at, part);
      }
      end = offset + bytes.length;
    }
    this.#resize(ino, end);
  }

  *#update(source: Source, ino: Ino): Steps<"same" | "copied"> {
    let end = 0;
    let outcome: "same" | "copied" = "same";
    for (const { offset, bytes } of this.#chunks(source)) {
      yield;
      const held = this.#held(ino, offset, bytes.length);
      const [first, last] = differingRange(held, bytes);
      end = offset + bytes.length;
      if (first === last) continue;
      outcome = "copied";
      this.#put(ino, offset + first, bytes.subarray(first, last));
    }
    return this.#resize(ino, end) ? "copied" : outcome;
  }

  *#isSame(source: Source, ino: Ino): Steps<boolean> {
    if (source.size !== this.#sizeOf(ino)) return false;
    for (const { offset, bytes } of this.#chunks(source)) {
      yield;
      if (!bytes.equals(this.#held(ino, offset, bytes.length))) return false;
    }
    return true;
  }

  /** Returns what a file here holds; nothing if its bytes were promised and are gone. */
  #held(ino: Ino, offset: number, length: number): Uint8Array {
    try {
      return this.#fs.read(ino, offset, length);
    } catch (error) {
      if (error instanceof FsError && error.code === "io") return new Uint8Array();
      throw error;
    }
  }

  /** Yields the bytes that the file had when it was opened, in order; each chunk is valid until the next. */
  *#chunks({ fd, size }: Source): Generator<{ offset: number; bytes: Buffer }> {
    const end = size === 0 ? mostUntold : size;
    for (let offset = 0; offset < end;) {
      const wanted = Math.min(chunkBytes, end - offset);
      const length = readFully(fd, this.#chunk, wanted, offset);
      if (length > 0) yield { offset, bytes: this.#chunk.subarray(0, length) };
      this.#onBytes(length);
      if (length < wanted) return;
      offset += length;
    }
  }

  #put(ino: Ino, offset: number, bytes: Uint8Array): void {
    this.#fs.perform({ kind: "write", ino, offset, length: bytes.length }, bytes);
  }

  #resize(ino: Ino, size: number): boolean {
    if (this.#sizeOf(ino) === size) return false;
    this.#fs.perform({ kind: "set-size", ino, size });
    return true;
  }

  #sizeOf(ino: Ino): number {
    const inode = this.#fs.inode(ino);
    return inode?.type === "file" ? inode.content.size : -1;
  }
}

function beginningOf(fd: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readFully(fd, bytes, length, 0));
}

function readFully(fd: number, target: Buffer, length: number, position: number): number {
  let at = 0;
  while (at < length) {
    const count = readSync(fd, target, at, length - at, position + at);
    if (count === 0) break;
    at += count;
  }
  return at;
}

/** Returns start and end of the bytes that differ from `held`; both are equal if none do. */
function differingRange(held: Uint8Array, bytes: Buffer): readonly [number, number] {
  if (held.length === bytes.length && bytes.equals(held)) return [0, 0];
  let start = 0;
  while (start < held.length && held[start] === bytes[start]) start += 1;
  let end = bytes.length;
  if (held.length === bytes.length)
    while (end > start && held[end - 1] === bytes[end - 1]) end -= 1;
  return [start, end];
}
