import type { Ino } from "../../../journal/index.ts";
import { leafInodes } from "./blob.ts";

/** Names no body. */
export const noBody = 0;

/** Bodies of a leaf stand side by side, in blocks of so many places; the first of them names the last of the block before. */
const blockPlaces = 16;
/** Places that memory is taken for at a time. */
const slabPlaces = 16_384;
/** Numbers in a place: delta and inode in one, and where the body starts. */
const placeLength = 2;
/** Leaves whose last bodies stand in one page. */
const pageLeaves = 1_024;

/**
 * Where the bodies of all deltas stand, leaf by leaf, to be gone through backwards. There may be a million of them: each
 * takes eight bytes, in memory that is never outgrown and copied. A body is named by its place, which is above `noBody`.
 */
export class Bodies {
  readonly #slabs: Uint32Array[] = [];
  /** Places that are taken. */
  #end = 0;
  /** The last body of each leaf, by page. */
  readonly #pages = new Map<number, Uint32Array>();

  /** Bytes that it takes. */
  get bytes(): number {
    return this.#slabs.length * slabPlaces * placeLength * Uint32Array.BYTES_PER_ELEMENT;
  }

  /** Adds a body of the last delta, or of the one after it. */
  add(ino: Ino, delta: number, start: number): void {
    const leaf = Math.floor(ino / leafInodes);
    const number = Math.floor(leaf / pageLeaves);
    let page = this.#pages.get(number);
    if (page === undefined) this.#pages.set(number, (page = new Uint32Array(pageLeaves)));
    const last = page[leaf % pageLeaves] ?? noBody;
    const place = last === noBody || isLastOfBlock(last) ? this.#newBlock(last) + 1 : last + 1;
    this.#put(place, delta * leafInodes + (ino % leafInodes), start);
    page[leaf % pageLeaves] = place;
  }

  /** The last body of an inode up to a delta. */
  last(ino: Ino, delta: number): number {
    const place = this.#lastOfLeaf(Math.floor(ino / leafInodes), delta);
    return this.#back(place, ino % leafInodes);
  }

  /** The body before of the same inode. */
  before(body: number): number {
    return this.#back(this.#previous(body), this.#keyOf(body) % leafInodes);
  }

  /** The last delta up to `delta` in which a leaf changed, or -1. */
  lastChange(leaf: number, delta: number): number {
    return this.deltaOf(this.#lastOfLeaf(leaf, delta));
  }

  *leaves(): Generator<number> {
    for (const [number, page] of this.#pages) {
      for (const [index, last] of page.entries())
        if (last !== noBody) yield number * pageLeaves + index;
    }
  }

  startOf(body: number): number {
    return this.#slabs[slabOf(body)]?.[indexOf(body) + 1] ?? 0;
  }

  deltaOf(body: number): number {
    return body === noBody ? -1 : Math.floor(this.#keyOf(body) / leafInodes);
  }

  #lastOfLeaf(leaf: number, delta: number): number {
    const end = (delta + 1) * leafInodes;
    let place = this.#pages.get(Math.floor(leaf / pageLeaves))?.[leaf % pageLeaves] ?? noBody;
    // Whole blocks are passed over: what stands in them is in order.
    for (let first = firstOf(place); place !== noBody; first = firstOf(place)) {
      if (this.#keyOf(first) < end) break;
      place = this.#previous(first);
    }
    while (place !== noBody && this.#keyOf(place) >= end) place -= 1;
    return place;
  }

  /** From a place on back to a body of the inode with this number in the leaf. */
  #back(from: number, slot: number): number {
    let place = from;
    while (place !== noBody && this.#keyOf(place) % leafInodes !== slot)
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

  /** Delta and inode of a body; of a block's first place, the last of the block before. */
  #keyOf(place: number): number {
    return this.#slabs[slabOf(place)]?.[indexOf(place)] ?? 0;
  }
}

function isLastOfBlock(place: number): boolean {
  return (place + 1) % blockPlaces === 0;
}

/** The first body of the block that a place is in. */
function firstOf(place: number): number {
  return place - (place % blockPlaces) + 1;
}

function slabOf(place: number): number {
  return Math.floor(place / slabPlaces);
}

function indexOf(place: number): number {
  return (place % slabPlaces) * placeLength;
}
