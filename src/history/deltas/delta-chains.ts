import type { Ino, Seq } from "../../../journal/index.ts";
import { ByteReader, SnapshotDamage } from "../base/bytes.ts";
import type { GroupDeltas } from "./group-deltas.ts";
import { noDelta } from "./inode-deltas.ts";
import { flag } from "./inode-delta.ts";
import { DeltaChain, type DeltaSource } from "./delta-chain.ts";

/** An inode at one snapshot: the first `length` deltas of a chain; none if it does not exist. */
export interface Found {
  readonly chain: DeltaChain;
  readonly length: number;
}

/** The position of a delta. */
export interface DeltaStart {
  readonly source: DeltaSource;
  readonly start: number;
}

/** Finds the deltas of increments. */
export interface DeltaPlaces {
  seqOf(delta: number): Seq;
  /** Finds the delta of this inode. Throws SnapshotDamage. */
  placeOf(delta: number, ino: Ino): DeltaStart;
}

/** The inodes of the full snapshot that increments build on. */
export interface FullInodes {
  readonly seq: Seq;
  /** Finds an inode's delta there. */
  find(ino: Ino): DeltaStart | undefined;
}

/** Longer chains are cached: they belong to the few inodes that nearly every snapshot changes… */
const longestUncached = 128;
/** …unless these are many. */
const mostCached = 131_072;

/** Makes the chains of a group's inodes. */
export class DeltaChains {
  readonly #deltas: GroupDeltas;
  readonly #places: DeltaPlaces;
  readonly #full: FullInodes;
  /**
   * Replaced by a new Map when it is full, and never deleted from: tables that a Map outgrew keep later ones alive
   * until the next full collection, and each deletion would make more of them.
   */
  #cached = new Map<Ino, DeltaChain>();
  #cachedDeltas = 0;

  constructor(deltas: GroupDeltas, places: DeltaPlaces, full: FullInodes) {
    this.#deltas = deltas;
    this.#places = places;
    this.#full = full;
  }

  /** Returns the chain up to the delta `last`. Throws SnapshotDamage. */
  find(ino: Ino, last: number): Found {
    const seq = last === noDelta ? this.#full.seq : this.#places.seqOf(last);
    const cached = this.#cached.get(ino);
    const known = cached?.lengthUpTo(seq) ?? 0;
    if (cached !== undefined && cached.seqOf(known - 1) === seq)
      return { chain: cached, length: known };
    // The cached chain may belong to an inode that was made later.
    const start = known === 0 ? undefined : cached;

    // Collects deltas from the latest back to the one that makes the inode, or to the end of the cached chain.
    const added: DeltaStart[] = [];
    const end = start?.seqOf(start.length - 1) ?? this.#full.seq;
    let flags = 0;
    for (let at = last; at !== noDelta; at = this.#deltas.before(at, ino)) {
      const place = this.#places.placeOf(at, ino);
      if (place.source.seq <= end) break;
      flags = new ByteReader(place.source.bytes, place.start).varint();
      if ((flags & flag.gone) !== 0 && at === last) return { chain: new DeltaChain(), length: 0 };
      if ((flags & flag.gone) !== 0) throw new SnapshotDamage("an inode is gone");
      added.push(place);
      if ((flags & flag.whole) !== 0) break;
    }
    const isNew = (flags & flag.whole) !== 0;
    const full = isNew || start !== undefined ? undefined : this.#full.find(ino);
    if (!isNew && start === undefined && full === undefined) {
      if (last !== noDelta) throw new SnapshotDamage("an inode is missing");
      return { chain: new DeltaChain(), length: 0 };
    }
    const chain = (isNew ? undefined : start) ?? new DeltaChain(added.length + 1);
    if (full !== undefined) chain.add(full.source, full.start);
    for (const { source, start } of added.reverse()) chain.add(source, start);
    if (chain.length > longestUncached) this.#cache(ino, chain, added.length);
    return { chain, length: chain.length };
  }

  /** Caches a chain to which `added` deltas were added. */
  #cache(ino: Ino, chain: DeltaChain, added: number): void {
    const before = this.#cached.get(ino);
    this.#cachedDeltas += before === chain ? added : chain.length - (before?.length ?? 0);
    if (this.#cachedDeltas > mostCached) {
      this.#cached = new Map();
      this.#cachedDeltas = chain.length;
    }
    this.#cached.set(ino, chain);
  }
}
