import { closeSync, ftruncateSync, readSync, statfsSync, writeSync } from "node:fs";
import { openUnnamed, type Unnamed } from "../beside/unnamed.ts";
import { MalformedError } from "../format/bytes.ts";
import { segmentBytes } from "./segment.ts";

/**
 * A file without a name that holds whole segments of a tape as they read, each at its position: a read of one is a call
 * of the system, and no segment needs to be decoded twice. It is a cache: where it cannot be made or written, as on a
 * full disk, it holds nothing.
 */
export class SpoolFile implements Disposable {
  readonly #folder: string;
  readonly #limit: number;
  #file: Unnamed | undefined;
  #isRefused = false;
  /** The starts of the segments that it holds. */
  readonly #held = new Set<number>();
  #mostBytes = 0;
  #epoch = 0;

  /** Takes at most `limit` bytes in this folder, and at most an eighth of the room there. */
  constructor(folder: string, limit: number) {
    this.#folder = folder;
    this.#limit = limit;
    this.#isRefused = limit < segmentBytes;
  }

  /** Returns a descriptor that can only read; makes the file. Undefined where there is none. */
  reader(): number | undefined {
    return this.#open()?.reader;
  }

  /** Counts how often what it held was dropped. */
  get epoch(): number {
    return this.#epoch;
  }

  has(start: number): boolean {
    return this.#held.has(start);
  }

  /** Drops all that it holds if so many bytes more would be too many. */
  makeRoomFor(bytes: number): void {
    if (this.#held.size * segmentBytes + bytes <= this.#mostBytes) return;
    this.clear();
    const free = roomIn(this.#folder) * partOfRoom;
    this.#mostBytes = Math.max(leastBytes, Math.min(this.#limit, free));
  }

  /** Drops all that it holds. */
  clear(): void {
    if (this.#held.size === 0) return;
    this.#held.clear();
    this.#epoch += 1;
    if (this.#file !== undefined) ftruncateSync(this.#file.writer);
  }

  /** Takes a whole segment. Returns false where it cannot. */
  put(start: number, whole: Uint8Array): boolean {
    const file = this.#open();
    if (file === undefined) return false;
    try {
      for (let done = 0; done < whole.length;)
        done += writeSync(file.writer, whole, done, whole.length - done, start + done);
    } catch {
      this[Symbol.dispose]();
      return false;
    }
    this.#held.add(start);
    return true;
  }

  /** Copies bytes start..end of one segment that it holds into `target` at `at`. Throws an error of node:fs. */
  read(start: number, end: number, target: Uint8Array, at: number): void {
    const file = this.#file;
    if (file === undefined) throw new TypeError("a segment that is not there");
    readFully(file.reader, target, at, end - start, start);
  }

  /** Empties and closes it; it takes nothing any more. A process that was given the reader keeps that. */
  [Symbol.dispose](): void {
    this.#isRefused = true;
    const file = this.#file;
    if (file === undefined) return;
    this.clear();
    this.#file = undefined;
    closeSync(file.writer);
    closeSync(file.reader);
  }

  #open(): Unnamed | undefined {
    if (this.#isRefused) return undefined;
    try {
      return (this.#file ??= openUnnamed(this.#folder));
    } catch {
      this.#isRefused = true;
      return undefined;
    }
  }
}

/** Part of the disk's free room that a spool takes at most… */
const partOfRoom = 1 / 8;
/** …but so much it tries to take, since fewer bytes would be dropped all the time. */
const leastBytes = 16 * segmentBytes;

/** Fills part of `target` from a position of a file. Throws MalformedError if the file is shorter. */
export function readFully(
  descriptor: number,
  target: Uint8Array,
  at: number,
  length: number,
  position: number,
): void {
  for (let done = 0; done < length;) {
    const count = readSync(descriptor, target, at + done, length - done, position + done);
    if (count === 0) throw new MalformedError(`the spool has no byte ${position + done}`);
    done += count;
  }
}

/** Returns the bytes that are free there, 0 if that is not known. */
function roomIn(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
