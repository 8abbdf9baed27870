import type { Ino } from "../../../journal/index.ts";
import { SnapshotDamage } from "../base/bytes.ts";
import { leafInodes } from "./encoding.ts";
import type { OpenPart } from "./index-part.ts";
import { noDelta } from "./inode-deltas.ts";

/** The number of inodes in a page of starts. */
const pageInodes = 1_024;
/** Pages may have so many inodes for each delta; if inodes are further apart, the index would take too much. */
const mostSpread = 16;
const leastPages = 64;

/**
 * Finds the deltas of the first increments of a group, from all parts of its index: those of an inode lie one after
 * another, oldest first, in a few bytes each. Their numbers are negative.
 */
export class GroupIndex {
  /** Counts the increments. */
  readonly length: number;
  /** Leaves of the inode table in which an inode was made. */
  readonly made: ReadonlySet<number>;
  /** The place of the first delta of each inode in a page, and of the inode behind the page. */
  readonly #pages = new Map<number, Uint32Array>();
  readonly #increments: Uint32Array;
  /** The positions of bytes in those that their part keeps, plus one, or 0. */
  readonly #keptAt: Uint32Array;
  readonly #keptBytes: number;

  /** Throws SnapshotDamage if it would take too much memory. */
  constructor(parts: readonly OpenPart[]) {
    const count = parts.reduce((sum, { inos }) => sum + inos.length, 0);
    for (const { inos } of parts) this.#count(inos, count);
    let place = 0;
    for (const page of this.#pages.values())
      for (let slot = 0; slot <= pageInodes; slot += 1) {
        const deltas = page[slot] ?? 0;
        page[slot] = place;
        place += deltas;
      }
    this.#increments = new Uint32Array(count);
    this.#keptAt = new Uint32Array(count);
    let first = 0;
    for (const part of parts) {
      this.#put(part, first);
      first += part.increments.length;
    }
    this.#restart();
    this.length = first;
    this.made = new Set(parts.flatMap(({ made }) => [...made]));
    this.#keptBytes = parts.reduce((sum, { kept }) => sum + kept.length, 0);
  }

  /** The bytes of memory that it takes, with those of its parts. */
  get bytes(): number {
    const starts = this.#pages.size * (pageInodes + 1) * Uint32Array.BYTES_PER_ELEMENT;
    return this.#increments.byteLength + this.#keptAt.byteLength + starts + this.#keptBytes;
  }

  /** Returns the last delta of an inode up to an increment. */
  last(ino: Ino, increment: number): number {
    const page = this.#pages.get(pageOf(ino));
    if (page === undefined) return noDelta;
    const slot = ino % pageInodes;
    let [low, high] = [page[slot] ?? 0, page[slot + 1] ?? 0];
    const first = low;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#increments[middle] ?? 0) <= increment) low = middle + 1;
      else high = middle;
    }
    return low === first ? noDelta : -low;
  }

  /** Returns the delta of the inode before this one. */
  before(delta: number, ino: Ino): number {
    const first = this.#pages.get(pageOf(ino))?.[ino % pageInodes] ?? 0;
    return -delta - 1 === first ? noDelta : delta + 1;
  }

  incrementOf(delta: number): number {
    return this.#increments[-delta - 1] ?? 0;
  }

  /** Returns where the bytes of a delta stand in what its part keeps; undefined if they do not. */
  keptAt(delta: number): number | undefined {
    const at = this.#keptAt[-delta - 1] ?? 0;
    return at === 0 ? undefined : at - 1;
  }

  /** Returns the last increment up to `increment` in which a leaf changed, or -1. */
  lastChange(leaf: number, increment: number): number {
    const first = leaf * leafInodes;
    let latest = -1;
    for (let ino = first; ino < first + leafInodes; ino += 1) {
      const delta = this.last(ino as Ino, increment);
      if (delta !== noDelta) latest = Math.max(latest, this.incrementOf(delta));
    }
    return latest;
  }

  #count(inos: Float64Array, all: number): void {
    for (let at = 0; at < inos.length;) {
      const number = pageOf(inos[at]);
      const page = this.#page(number);
      const first = number * pageInodes;
      for (; at < inos.length && pageOf(inos[at]) === number; at += 1) {
        const slot = (inos[at] ?? 0) - first;
        page[slot] = (page[slot] ?? 0) + 1;
      }
    }
    if (this.#pages.size > leastPages && this.#pages.size * pageInodes > mostSpread * all)
      throw new SnapshotDamage("inodes are too far apart for an index");
  }

  #page(number: number): Uint32Array {
    let page = this.#pages.get(number);
    if (page === undefined) this.#pages.set(number, (page = new Uint32Array(pageInodes + 1)));
    return page;
  }

  /** Puts the deltas of a part behind those of earlier ones; moves each inode's start there meanwhile. */
  #put({ inos, of, keptAt }: OpenPart, before: number): void {
    for (let at = 0; at < inos.length;) {
      const number = pageOf(inos[at]);
      const page = this.#page(number);
      const first = number * pageInodes;
      for (; at < inos.length && pageOf(inos[at]) === number; at += 1) {
        const slot = (inos[at] ?? 0) - first;
        const place = page[slot] ?? 0;
        page[slot] = place + 1;
        this.#increments[place] = before + (of[at] ?? 0);
        this.#keptAt[place] = keptAt[at] ?? 0;
      }
    }
  }

  /** Moves the starts back: each stands where the next inode's deltas begin. */
  #restart(): void {
    let last = 0;
    for (const page of this.#pages.values())
      for (let slot = 0; slot < pageInodes; slot += 1) {
        const end = page[slot] ?? 0;
        page[slot] = last;
        last = end;
      }
  }
}

function pageOf(ino = 0): number {
  return Math.floor(ino / pageInodes);
}
