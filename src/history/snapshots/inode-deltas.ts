import type { Ino } from "../../../journal/index.ts";
import { leafInodes } from "./encoding.ts";

/** Names no delta. */
export const noDelta = 0;

/**
 * Deltas of a leaf stand side by side, in blocks of so many places; the first of them names the last of the block before.
 */
const blockPlaces = 16;
/** Places that memory is taken for at a time. */
const slabPlaces = 16_384;
/** Numbers in a place: increment and inode in one, and where the delta starts. */
const placeLength = 2;
/** Leaves whose last deltas stand in one page. */
const pageLeaves = 1_024;

/**
 * Where the deltas of all increments stand, leaf by leaf, to be gone through backwards. There may be a million of them:
 * each takes eight bytes, in memory that is never outgrown and copied. A delta is named by its place, which is above
 * `noDelta`.
 */
export class InodeDeltas {
  readonly #slabs: Uint32Array[] = [];
  /** Places that are taken. */
  #end = 0;
  /** The last delta of each leaf, by page. */
  readonly #pages = new Map<number, Uint32Array>();

  /** Bytes that it takes. */
  get bytes(): number {
    return this.#slabs.length * slabPlaces * placeLength * Uint32Array.BYTES_PER_ELEMENT;
  }

  /** Adds a delta of the last increment, or of the one after it. */
  add(ino: Ino, increment: number, start: number): void {
    const leaf = Math.floor(ino / leafInodes);
    const number = Math.floor(leaf / pageLeaves);
    let page = this.#pages.get(number);
    if (page === undefined) this.#pages.set(number, (page = new Uint32Array(pageLeaves)));
    const last = page[leaf % pageLeaves] ?? noDelta;
    const place = last === noDelta || isLastOfBlock(last) ? this.#newBlock(last) + 1 : last + 1;
    this.#put(place, increment * leafInodes + (ino % leafInodes), start);
    page[leaf % pageLeaves] = place;
  }

  /** The last delta of an inode up to a increment. */
  last(ino: Ino, increment: number): number {
    const place = this.#lastOfLeaf(Math.floor(ino / leafInodes), increment);
    return this.#back(place, ino % leafInodes);
  }

  /** The delta before of the same inode. */
  before(delta: number): number {
    return this.#back(this.#previous(delta), this.#keyOf(delta) % leafInodes);
  }

  /** The last increment up to `increment` in which a leaf changed, or -1. */
  lastChange(leaf: number, increment: number): number {
    return this.incrementOf(this.#lastOfLeaf(leaf, increment));
  }

  *leaves(): Generator<number> {
    for (const [number, page] of this.#pages) {
      for (const [index, last] of page.entries())
        if (last !== noDelta) yield number * pageLeaves + index;
    }
  }

  startOf(delta: number): number {
    return this.#slabs[slabOf(delta)]?.[indexOf(delta) + 1] ?? 0;
  }

  incrementOf(delta: number): number {
    return delta === noDelta ? -1 : Math.floor(this.#keyOf(delta) / leafInodes);
  }

  #lastOfLeaf(leaf: number, increment: number): number {
    const end = (increment + 1) * leafInodes;
    let place = this.#pages.get(Math.floor(leaf / pageLeaves))?.[leaf % pageLeaves] ?? noDelta;
    // Whole blocks are passed over: what stands in them is in order.
    for (let first = firstOf(place); place !== noDelta; first = firstOf(place)) {
      if (this.#keyOf(first) < end) break;
      place = this.#previous(first);
    }
    while (place !== noDelta && this.#keyOf(place) >= end) place -= 1;
    return place;
  }

  /** From a place on back to a delta of the inode with this number in the leaf. */
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
    if (block % slabPlaces === 0) this.#slabs.push(new Uint32Array(slabPlaces * placeLength));
    this.#end += blockPlaces;
    this.#put(block, before, 0);
    return block;
  }

  #put(place: number, key: number, start: number): void {
    const slab = this.#slabs[slabOf(place)];
    if (slab === undefined) return;
    slab[indexOf(place)] = key;
    slab[indexOf(place) + 1] = start;
  }

  /** Delta and inode of a delta; of a block's first place, the last of the block before. */
  #keyOf(place: number): number {
    return this.#slabs[slabOf(place)]?.[indexOf(place)] ?? 0;
  }
}

function isLastOfBlock(place: number): boolean {
  return (place + 1) % blockPlaces === 0;
}

/** The first delta of the block that a place is in. */
function firstOf(place: number): number {
  return place - (place % blockPlaces) + 1;
}

function slabOf(place: number): number {
  return Math.floor(place / slabPlaces);
}

function indexOf(place: number): number {
  return (place % slabPlaces) * placeLength;
}
