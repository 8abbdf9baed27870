import type { Ino } from "../../journal/index.ts";
import { ByteReader, SnapshotDamage } from "./bytes.ts";
import type { Bodies } from "./snapshot-bodies.ts";
import type { Head } from "./snapshot-blob.ts";
import { readBody } from "./snapshot-body.ts";
import { Chain, type Source } from "./snapshot-chain.ts";

/** A snapshot of what changed since the one before. */
export interface Delta {
  readonly head: Head;
  readonly bytes: Uint8Array;
}

/** An inode as it was at one snapshot: the first `length` sources of a chain; none where it was not there. */
export interface Found {
  readonly chain: Chain;
  readonly length: number;
}

const nothing: Found = { chain: new Chain(), length: 0 };

/** A chain that is kept, with the numbers of the bodies that its sources were read from; -1 for that of the base. */
interface Kept {
  readonly chain: Chain;
  readonly bodies: number[];
}

/** Chains of more sources than this are kept: they are of the few inodes that nearly every snapshot changed… */
const shortChain = 48;
/** …unless there are many of those. */
const mostKept = 16_384;

/** Makes the chains of one epoch's inodes. */
export class Chains {
  readonly #bodies: Bodies;
  readonly #deltas: readonly Delta[];
  readonly #base: (ino: Ino) => Source | undefined;
  readonly #kept = new Map<Ino, Kept>();
  #keptSources = 0;

  /** `base` gives what the whole state holds of an inode. */
  constructor(bodies: Bodies, deltas: readonly Delta[], base: (ino: Ino) => Source | undefined) {
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
    const sources: Source[] = [];
    const bodies: number[] = [];
    const end = start?.bodies.at(-1) ?? -1;
    let isWhole = false;
    for (let at = last; at > end && !isWhole; at = this.#bodies.before(at)) {
      const source = this.#source(at);
      if (source === "gone" && at === last) return nothing;
      if (source === "gone") throw new SnapshotDamage("an inode is gone");
      sources.push(source);
      bodies.push(at);
      isWhole = source.body.isWhole;
    }
    if (!isWhole && start === undefined) {
      const source = this.#base(ino);
      if (source === undefined && last >= 0) throw new SnapshotDamage("an inode is missing");
      if (source !== undefined) {
        sources.push(source);
        bodies.push(-1);
      }
    }
    if (sources.length === 0) return nothing;
    return this.#grown(ino, isWhole ? undefined : start, sources, bodies);
  }

  #source(body: number): Source | "gone" {
    const delta = this.#deltas[this.#bodies.deltaOf(body)];
    if (delta === undefined) throw new SnapshotDamage("a snapshot is missing");
    const { head, bytes } = delta;
    const read = readBody(new ByteReader(bytes, this.#bodies.startOf(body)), head.time);
    return read === "gone" ? read : { body: read, bytes, tape: head.tapeBefore, seq: head.seq };
  }

  /** Adds sources, which come latest first, and keeps what is long. */
  #grown(ino: Ino, kept: Kept | undefined, sources: Source[], bodies: number[]): Found {
    // Not there meanwhile: one whose last source is damaged is read from the beginning the next time.
    this.#forget(ino);
    const grown = kept ?? { chain: new Chain(), bodies: [] };
    for (const source of sources.reverse()) grown.chain.add(source);
    for (const body of bodies.reverse()) grown.bodies.push(body);
    const { length } = grown.bodies;
    if (length > shortChain) {
      if (this.#keptSources + length > mostKept) {
        this.#kept.clear();
        this.#keptSources = 0;
      }
      this.#kept.set(ino, grown);
      this.#keptSources += length;
    }
    return { chain: grown.chain, length };
  }

  #forget(ino: Ino): void {
    this.#keptSources -= this.#kept.get(ino)?.bodies.length ?? 0;
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
