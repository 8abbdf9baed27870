import type { Ino } from "../../journal/index.ts";
import { leafInodes } from "./snapshot-blob.ts";

/** Where the bodies of all deltas stand. A body is named by a number, ascending; none is -1. */
export class Bodies {
  #count = 0;
  #deltas = new Int32Array(1_024);
  #starts = new Int32Array(1_024);
  /** The body before of the same inode. */
  #before = new Int32Array(1_024);
  /** The last body of the same leaf in a delta before. */
  #leafBefore = new Int32Array(1_024);
  readonly #leaves = new Map<number, LeafBodies>();

  add(ino: Ino, delta: number, start: number): void {
    if (this.#count === this.#starts.length) {
      this.#deltas = longer(this.#deltas);
      this.#starts = longer(this.#starts);
      this.#before = longer(this.#before);
      this.#leafBefore = longer(this.#leafBefore);
    }
    const index = Math.floor(ino / leafInodes);
    let leaf = this.#leaves.get(index);
    if (leaf === undefined) {
      leaf = { lasts: new Int32Array(leafInodes).fill(-1), last: -1 };
      this.#leaves.set(index, leaf);
    }
    this.#leafBefore[this.#count] =
      this.deltaOf(leaf.last) === delta ? (this.#leafBefore[leaf.last] ?? -1) : leaf.last;
    leaf.last = this.#count;
    this.#deltas[this.#count] = delta;
    this.#starts[this.#count] = start;
    this.#before[this.#count] = leaf.lasts[ino % leafInodes] ?? -1;
    leaf.lasts[ino % leafInodes] = this.#count;
    this.#count += 1;
  }

  /** The last body of an inode up to a delta. */
  last(ino: Ino, delta: number): number {
    let at = this.#leaves.get(Math.floor(ino / leafInodes))?.lasts[ino % leafInodes] ?? -1;
    while (at >= 0 && this.deltaOf(at) > delta) at = this.before(at);
    return at;
  }

  /** The last delta up to `delta` in which a leaf changed, or -1. */
  lastChange(leaf: number, delta: number): number {
    let at = this.#leaves.get(leaf)?.last ?? -1;
    while (at >= 0 && this.deltaOf(at) > delta) at = this.#leafBefore[at] ?? -1;
    return this.deltaOf(at);
  }

  leaves(): Iterable<number> {
    return this.#leaves.keys();
  }

  before(body: number): number {
    return this.#before[body] ?? -1;
  }

  startOf(body: number): number {
    return this.#starts[body] ?? 0;
  }

  deltaOf(body: number): number {
    return body < 0 ? -1 : (this.#deltas[body] ?? -1);
  }
}

/** What deltas hold of a leaf. */
interface LeafBodies {
  /** The last body of each of its inodes. */
  readonly lasts: Int32Array;
  /** The last of all these. */
  last: number;
}

function longer(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const more = new Int32Array(numbers.length * 2);
  more.set(numbers);
  return more;
}
