import type { Ino } from "../../../journal/index.ts";
import { leafInodes } from "./encoding.ts";

/** Stands for no delta. */
export const noDelta = 0;

/**
 * The deltas of a leaf are in consecutive places, in blocks of this size; the first place of a block links to the last
 * of the block before.
 */
const blockPlaces = 16;
/** The number of places to allocate at a time. */
const slabPlaces = 16_384;
/** The number of leaves in one page of last deltas. */
const pageLeaves = 1_024;
/** The number from which on leaves have one directory each; inodes have lower ones. */
const ownLeaf = 2 ** 52;

/**
 * Indexes the deltas of all increments by leaf, to be walked backwards. There may be millions: each takes four bytes,
 * in memory that is never reallocated: the number of its increment, and its inode's in the leaf. A delta's number is its place, which is above `noDelta`.
 */
export class InodeDeltas {
  readonly #slabs: Uint32Array[] = [];
  /** The number of places in use. */
  #end = 0;
  /** The last delta of each leaf, by page. */
  readonly #pages = new Map<number, Uint32Array>();
  readonly #directories = new Set<Ino>();

  /** The bytes of memory that it takes. */
  get bytes(): number {
    return this.#slabs.length * slabPlaces * Uint32Array.BYTES_PER_ELEMENT;
  }

  /**
   * Adds a delta of the last increment, or of the next one. A directory has a list of its own, too, as many snapshots
   * change it, and its neighbours.
   */
  add(ino: Ino, increment: number, type: "directory" | "other"): void {
    this.#add(Math.floor(ino / leafInodes), ino, increment);
    if (type === "directory") this.#directories.add(ino);
    if (this.#directories.has(ino)) this.#add(ownLeaf + ino, ino, increment);
  }

  #add(leaf: number, ino: Ino, increment: number): void {
    const number = Math.floor(leaf / pageLeaves);
    let page = this.#pages.get(number);
    if (page === undefined) this.#pages.set(number, (page = new Uint32Array(pageLeaves)));
    const last = page[leaf % pageLeaves] ?? noDelta;
    const place = last === noDelta || isLastOfBlock(last) ? this.#newBlock(last) + 1 : last + 1;
    this.#put(place, increment * leafInodes + (ino % leafInodes));
    page[leaf % pageLeaves] = place;
  }

  /** Returns the last delta of an inode up to an increment. */
  last(ino: Ino, increment: number): number {
    const leaf = this.#directories.has(ino) ? ownLeaf + ino : Math.floor(ino / leafInodes);
    const place = this.#lastOfLeaf(leaf, increment);
    return this.#back(place, ino % leafInodes);
  }

  /** Tells whether an increment from `since` on has a delta of an inode; reads no others. */
  isSince(ino: Ino, since: number): boolean {
    const [leaf, slot] = [Math.floor(ino / leafInodes), ino % leafInodes];
    let place = this.#pages.get(Math.floor(leaf / pageLeaves))?.[leaf % pageLeaves] ?? noDelta;
    for (; place !== noDelta; place = this.#previous(place)) {
      const key = this.#keyOf(place);
      if (key < since * leafInodes) return false;
      if (key % leafInodes === slot) return true;
    }
    return false;
  }

  /** Returns the previous delta of the same inode. */
  before(delta: number): number {
    return this.#back(this.#previous(delta), this.#keyOf(delta) % leafInodes);
  }

  /** Returns the last increment up to `increment` in which a leaf changed, or -1. */
  lastChange(leaf: number, increment: number): number {
    return this.incrementOf(this.#lastOfLeaf(leaf, increment));
  }

  *leaves(): Generator<number> {
    for (const [number, page] of this.#pages) {
      if (number * pageLeaves >= ownLeaf) continue;
      for (const [index, last] of page.entries())
        if (last !== noDelta) yield number * pageLeaves + index;
    }
  }

  incrementOf(delta: number): number {
    return delta === noDelta ? -1 : Math.floor(this.#keyOf(delta) / leafInodes);
  }

  #lastOfLeaf(leaf: number, increment: number): number {
    const end = (increment + 1) * leafInodes;
    let place = this.#pages.get(Math.floor(leaf / pageLeaves))?.[leaf % pageLeaves] ?? noDelta;
    // Skips whole blocks, as they are in order.
    for (let first = firstOf(place); place !== noDelta; first = firstOf(place)) {
      if (this.#keyOf(first) < end) break;
      place = this.#previous(first);
    }
    while (place !== noDelta && this.#keyOf(place) >= end) place -= 1;
    return place;
  }

  /** Walks back from a place to a delta of the inode with this index in the leaf. */
  #back(from: number, slot: number): number {
    let place = from;
    while (place !== noDelta && this.#keyOf(place) % leafInodes !== slot)
      place = this.#previous(place);
    return place;
  }

  #previous(place: number): number {
    return (place - 1) % blockPlaces === 0 ? this.#keyOf(place - 1) : place - 1;
  }

  #newBlock(before: number): number {
    const block = this.#end;
    if (block % slabPlaces === 0) this.#slabs.push(new Uint32Array(slabPlaces));
    this.#end += blockPlaces;
    this.#put(block, before);
    return block;
  }

  #put(place: number, key: number): void {
    const slab = this.#slabs[slabOf(place)];
    if (slab !== undefined) slab[place % slabPlaces] = key;
  }

  /** Returns the increment and inode of a delta; for a block's first place, the last place of the block before. */
  #keyOf(place: number): number {
    return this.#slabs[slabOf(place)]?.[place % slabPlaces] ?? 0;
  }
}

function isLastOfBlock(place: number): boolean {
  return (place + 1) % blockPlaces === 0;
}

/** Returns the first delta of a place's block. */
function firstOf(place: number): number {
  return place - (place % blockPlaces) + 1;
}

function slabOf(place: number): number {
  return Math.floor(place / slabPlaces);
}
