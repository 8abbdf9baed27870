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
  readonly bodies: readonly number[];
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
      flags = new ByteReader(this.#source(at).bytes, this.#bodies.startOf(at)).varint();
      if ((flags & flag.gone) !== 0 && at === last) return { chain: new Chain(), length: 0 };
      if ((flags & flag.gone) !== 0) throw new SnapshotDamage("an inode is gone");
      added.push(at);
    }
    const isNew = (flags & flag.whole) !== 0;
    const base = isNew || start !== undefined ? undefined : this.#base(ino);
    if (!isNew && start === undefined) {
      if (base === undefined && last >= 0) throw new SnapshotDamage("an inode is missing");
      if (base === undefined) return { chain: new Chain(), length: 0 };
      added.push(-1);
    }
    // Not there meanwhile: one that turns out to be damaged is read from the beginning the next time.
    this.#forget(ino);
    const bodies = added.reverse();
    const chain = (isNew ? undefined : start?.chain) ?? new Chain();
    if (base !== undefined) chain.add(base.source, base.start);
    for (const body of bodies)
      if (body >= 0) chain.add(this.#source(body), this.#bodies.startOf(body));
    if (chain.length > longestUnkept)
      this.#keep(ino, { chain, bodies: [...(isNew ? [] : (start?.bodies ?? [])), ...bodies] });
    return { chain, length: chain.length };
  }

  #source(body: number): Source {
    const source = this.#deltas[this.#bodies.deltaOf(body)];
    if (source === undefined) throw new SnapshotDamage("a snapshot is missing");
    return source;
  }

  #keep(ino: Ino, kept: Kept): void {
    if (this.#keptBodies + kept.bodies.length > mostKept) {
      this.#kept.clear();
      this.#keptBodies = 0;
    }
    this.#kept.set(ino, kept);
    this.#keptBodies += kept.bodies.length;
  }

  #forget(ino: Ino): void {
    this.#keptBodies -= this.#kept.get(ino)?.bodies.length ?? 0;
    this.#kept.delete(ino);
  }
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
