import type { Ino } from "../../journal/index.ts";
import { ByteReader, SnapshotDamage } from "./bytes.ts";
import type { Bodies } from "./snapshot-bodies.ts";
import { flag } from "./snapshot-body.ts";
import { Chain, type Source } from "./snapshot-chain.ts";

/** An inode as it was at one snapshot: the first `length` bodies of a chain; none where it was not there. */
export interface Found {
  readonly chain: Chain;
  readonly length: number;
}

/** Where a body begins. */
export interface BodyStart {
  readonly source: Source;
  readonly start: number;
}

/** A chain that is kept, with the numbers of its bodies; -1 for that of the base. */
interface Kept {
  readonly chain: Chain;
  readonly bodies: number[];
}

/** Longer chains are kept: they are of the few inodes that nearly every snapshot changed… */
const longestUnkept = 32;
/** …unless there are many of those. */
const mostKept = 16_384;

/** Makes the chains of one epoch's inodes. */
export class Chains {
  readonly #bodies: Bodies;
  readonly #deltas: readonly Source[];
  readonly #base: (ino: Ino) => BodyStart | undefined;
  readonly #kept = new Map<Ino, Kept>();
  #keptBodies = 0;

  /** `base` gives what the whole state holds of an inode. */
  constructor(
    bodies: Bodies,
    deltas: readonly Source[],
    base: (ino: Ino) => BodyStart | undefined,
  ) {
    this.#bodies = bodies;
    this.#deltas = deltas;
    this.#base = base;
  }

  /** The chain up to body number `last`. Throws SnapshotDamage. */
  find(ino: Ino, last: number): Found {
    const kept = this.#kept.get(ino);
    const known = kept === undefined ? 0 : lengthUpTo(kept.bodies, last);
    if (kept !== undefined && kept.bodies[known - 1] === last)
      return { chain: kept.chain, length: known };
    // What is kept may be of an inode that came later.
    const start = known === 0 ? undefined : kept;

    // Latest first, down to where the inode begins or the chain that is kept ends.
    const added: number[] = [];
    const end = start?.bodies.at(-1) ?? -1;
    let flags = 0;
    for (let at = last; at > end && (flags & flag.whole) === 0; at = this.#bodies.before(at)) {
      const { source, start: first } = this.#start(at);
      flags = new ByteReader(source.bytes, first).varint();
      if ((flags & flag.gone) !== 0 && at === last) return { chain: new Chain(), length: 0 };
      if ((flags & flag.gone) !== 0) throw new SnapshotDamage("an inode is gone");
      added.push(at);
    }
    if ((flags & flag.whole) !== 0) return this.#grown(ino, newKept(), added);
    if (start !== undefined) return this.#grown(ino, start, added);
    const base = this.#base(ino);
    if (base === undefined && last >= 0) throw new SnapshotDamage("an inode is missing");
    if (base === undefined) return { chain: new Chain(), length: 0 };
    const grown = newKept();
    grown.chain.add(base.source, base.start);
    grown.bodies.push(-1);
    return this.#grown(ino, grown, added);
  }

  #start(body: number): BodyStart {
    const source = this.#deltas[this.#bodies.deltaOf(body)];
    if (source === undefined) throw new SnapshotDamage("a snapshot is missing");
    return { source, start: this.#bodies.startOf(body) };
  }

  /** Adds bodies, which come latest first, and keeps what is long. */
  #grown(ino: Ino, kept: Kept, added: readonly number[]): Found {
    // Not there meanwhile: one that turns out to be damaged is read from the beginning the next time.
    this.#keptBodies -= this.#kept.get(ino)?.bodies.length ?? 0;
    this.#kept.delete(ino);
    for (let at = added.length - 1; at >= 0; at -= 1) {
      const body = added[at] ?? -1;
      const { source, start } = this.#start(body);
      kept.chain.add(source, start);
      kept.bodies.push(body);
    }
    const { length } = kept.bodies;
    if (length > longestUnkept) {
      if (this.#keptBodies + length > mostKept) {
        this.#kept.clear();
        this.#keptBodies = 0;
      }
      this.#kept.set(ino, kept);
      this.#keptBodies += length;
    }
    return { chain: kept.chain, length };
  }
}

function newKept(): Kept {
  return { chain: new Chain(), bodies: [] };
}

/** How many of these ascending numbers are at most `last`. */
function lengthUpTo(bodies: readonly number[], last: number): number {
  let low = 0;
  let high = bodies.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bodies[middle] ?? 0) <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}
