import type { LinearMemory } from "../linear-memory.ts";
import { errno } from "./errno.ts";

/** IOV_MAX of wasi-libc. */
const mostVectors = 1_024;
const vectorBytes = 8;
/** Of bytes that lie in several places so many are taken at once. */
const mostGathered = 1024 * 1024;

/** A call's lists of places in the guest's memory. Traps where one does not lie in it. */
export class Vectors {
  readonly #memory: LinearMemory;
  #gathered = new Uint8Array(0);
  /** Where `room` is. */
  #target = 0;

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  /** The number of an error where a list is longer than can be, otherwise 0. */
  check(list: number, count: number): number {
    const vectors = count >>> 0;
    if (vectors > mostVectors) return errno.inval;
    this.#memory.check(list, vectors * vectorBytes);
    for (let index = 0; index < vectors; index += 1)
      this.#memory.check(this.#pointer(list, index), this.#length(list, index));
    return 0;
  }

  /**
   * The bytes that a checked list tells of: the guest's own where they lie in one place, otherwise a copy of no more
   * than a MiB, which is good until the next call.
   */
  gather(list: number, count: number): Uint8Array {
    const vectors = count >>> 0;
    let total = 0;
    let only = 0;
    let filled = 0;
    for (let index = 0; index < vectors; index += 1) {
      const length = this.#length(list, index);
      if (length === 0) continue;
      total += length;
      only = index;
      filled += 1;
    }
    if (filled <= 1) return this.#memory.bytes(total === 0 ? 0 : this.#pointer(list, only), total);
    return this.#copied(list, vectors, Math.min(total, mostGathered));
  }

  /** How many bytes fit into the places of a checked list. */
  room(list: number, count: number): number {
    let total = 0;
    for (let index = 0; index < count >>> 0; index += 1) total += this.#length(list, index);
    return total;
  }

  /** Puts bytes into the places of a checked list, which has room for them. */
  scatter(list: number, bytes: Uint8Array): void {
    for (let index = 0, done = 0; done < bytes.length; index += 1) {
      const length = Math.min(this.#length(list, index), bytes.length - done);
      this.#memory
        .bytes(this.#pointer(list, index), length)
        .set(bytes.subarray(done, done + length));
      done += length;
    }
  }

  /**
   * Fills the places of a checked list, one after the other, until one is not full or there are `most` bytes. `read`
   * gives what follows the so many bytes that there are already, to where `room` says. Returns how many there are.
   */
  fill(
    list: number,
    count: number,
    most: number,
    read: (done: number, length: number, room: (length: number) => Uint8Array) => number,
  ): number {
    let done = 0;
    for (let index = 0; index < count >>> 0; index += 1) {
      const length = this.#length(list, index);
      if (length === 0) continue;
      this.#target = this.#pointer(list, index);
      const got = read(done, Math.min(length, most - done), this.#room);
      done += got;
      if (got < length) break;
    }
    return done;
  }

  readonly #room = (length: number): Uint8Array => this.#memory.bytes(this.#target, length);

  #copied(list: number, vectors: number, total: number): Uint8Array {
    if (this.#gathered.length < total)
      this.#gathered = new Uint8Array(2 ** Math.ceil(Math.log2(total)));
    const bytes = this.#gathered.subarray(0, total);
    for (let index = 0, done = 0; index < vectors && done < total; index += 1) {
      const length = Math.min(this.#length(list, index), total - done);
      bytes.set(this.#memory.bytes(this.#pointer(list, index), length), done);
      done += length;
    }
    return bytes;
  }

  #pointer(list: number, index: number): number {
    return this.#memory.uint32((list >>> 0) + index * vectorBytes);
  }

  #length(list: number, index: number): number {
    return this.#memory.uint32((list >>> 0) + index * vectorBytes + 4);
  }
}
