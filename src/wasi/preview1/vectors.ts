import type { LinearMemory } from "../preview2/linear-memory.ts";
import { errno } from "./errno.ts";

/** IOV_MAX of wasi-libc. */
const mostVectors = 1_024;
const vectorBytes = 8;
/** Most bytes gathered at once from several places. */
const mostGathered = 1024 * 1024;

/**
 * Places in the guest's memory that a call names. They are read once, by `take`: later writes into one of them do not
 * change the others.
 */
export class Vectors {
  readonly #memory: LinearMemory;
  /** Pointer and length of each non-empty place, in turn. */
  readonly #places = new Uint32Array(2 * mostVectors);
  #count = 0;
  /** Number of bytes that they hold together. */
  total = 0;
  #gathered = new Uint8Array(0);
  /** Place that `room` refers to. */
  #target = 0;

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  /**
   * Reads the places. Returns the number of an error if the list is too long, otherwise 0. Traps for a place outside of
   * memory.
   */
  take(list: number, count: number): number {
    const vectors = count >>> 0;
    if (vectors > mostVectors) return errno.inval;
    const view = this.#memory.fields(list, vectors * vectorBytes);
    this.#count = 0;
    this.total = 0;
    let at = list >>> 0;
    for (let left = vectors; left > 0; left -= 1, at += vectorBytes) {
      const pointer = view.getUint32(at, true);
      const length = view.getUint32(at + 4, true);
      this.#memory.check(pointer, length);
      if (length === 0) continue;
      this.#places[2 * this.#count] = pointer;
      this.#places[2 * this.#count + 1] = length;
      this.#count += 1;
      this.total += length;
    }
    return errno.success;
  }

  /**
   * Returns the bytes: a view if they lie in one place, otherwise a copy of at most a MiB, valid until the next call.
   */
  gather(): Uint8Array {
    if (this.#count === 1) return this.#memory.bytes(this.#pointerAt(0), this.total);
    return this.#copied(Math.min(this.total, mostGathered));
  }

  /** Writes bytes into the places, which must have room for them. */
  scatter(bytes: Uint8Array): void {
    for (let index = 0, done = 0; done < bytes.length; index += 1) {
      const length = Math.min(this.#lengthAt(index), bytes.length - done);
      const place = this.#memory.bytes(this.#pointerAt(index), length);
      place.set(bytes.subarray(done, done + length));
      done += length;
    }
  }

  /**
   * Fills the places, one after the other, until one stays partly empty or there are `most` bytes. `read` returns the
   * bytes after the given count, in `room`. Returns how many bytes there are.
   */
  fill(
    most: number,
    read: (done: number, length: number, room: (length: number) => Uint8Array) => number,
  ): number {
    let done = 0;
    for (let index = 0; index < this.#count; index += 1) {
      const length = this.#lengthAt(index);
      this.#target = this.#pointerAt(index);
      const got = read(done, Math.min(length, most - done), this.#room);
      done += got;
      if (got < length) break;
    }
    return done;
  }

  readonly #room = (length: number): Uint8Array => this.#memory.bytes(this.#target, length);

  #copied(total: number): Uint8Array {
    if (this.#gathered.length < total)
      this.#gathered = new Uint8Array(2 ** Math.ceil(Math.log2(total)));
    const bytes = this.#gathered.subarray(0, total);
    for (let index = 0, done = 0; done < total; index += 1) {
      const length = Math.min(this.#lengthAt(index), total - done);
      bytes.set(this.#memory.bytes(this.#pointerAt(index), length), done);
      done += length;
    }
    return bytes;
  }

  #pointerAt(index: number): number {
    return this.#places[2 * index] ?? 0;
  }

  #lengthAt(index: number): number {
    return this.#places[2 * index + 1] ?? 0;
  }
}
