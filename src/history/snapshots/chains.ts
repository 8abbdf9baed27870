import type { Ino, Seq } from "../../../journal/index.ts";
import { ByteReader, SnapshotDamage } from "../base/bytes.ts";
import { type Bodies, noBody } from "./bodies.ts";
import { flag } from "./body.ts";
import { Chain, type Source } from "./chain.ts";

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

/** The whole state that deltas build on. */
export interface ChainBase {
  readonly seq: Seq;
  /** What it holds of an inode. */
  find(ino: Ino): BodyStart | undefined;
}

/** Longer chains are kept: they are of the few inodes that nearly every snapshot changed… */
const longestUnkept = 128;
/** …unless there are many of those. */
const mostKept = 16_384;

/** Makes the chains of one epoch's inodes. */
export class Chains {
  readonly #bodies: Bodies;
  readonly #deltas: readonly Source[];
  readonly #base: ChainBase;
  /**
   * Grows, and is then begun anew; what is in it grows in its place. Tables that a Map outgrew hold on to those after them
   * until the next full collection: with each entry that was taken out they would be more.
   */
  #kept = new Map<Ino, Chain>();
  #keptBodies = 0;

  constructor(bodies: Bodies, deltas: readonly Source[], base: ChainBase) {
    this.#bodies = bodies;
    this.#deltas = deltas;
    this.#base = base;
  }

  /** The chain up to the body `last`. Throws SnapshotDamage. */
  find(ino: Ino, last: number): Found {
    const seq = last === noBody ? this.#base.seq : this.#source(last).seq;
    const kept = this.#kept.get(ino);
    const known = kept?.lengthUpTo(seq) ?? 0;
    if (kept !== undefined && kept.seqOf(known - 1) === seq) return { chain: kept, length: known };
    // What is kept may be of an inode that came later.
    const start = known === 0 ? undefined : kept;

    // Latest first, down to where the inode begins or the chain that is kept ends.
    const added: number[] = [];
    const end = start?.seqOf(start.length - 1) ?? this.#base.seq;
    let flags = 0;
    for (let at = last; at !== noBody; at = this.#bodies.before(at)) {
      const source = this.#source(at);
      if (source.seq <= end) break;
      flags = new ByteReader(source.bytes, this.#bodies.startOf(at)).varint();
      if ((flags & flag.gone) !== 0 && at === last) return { chain: new Chain(), length: 0 };
      if ((flags & flag.gone) !== 0) throw new SnapshotDamage("an inode is gone");
      added.push(at);
      if ((flags & flag.whole) !== 0) break;
    }
    const isNew = (flags & flag.whole) !== 0;
    const base = isNew || start !== undefined ? undefined : this.#base.find(ino);
    if (!isNew && start === undefined && base === undefined) {
      if (last !== noBody) throw new SnapshotDamage("an inode is missing");
      return { chain: new Chain(), length: 0 };
    }
    const chain = (isNew ? undefined : start) ?? new Chain(added.length + 1);
    if (base !== undefined) chain.add(base.source, base.start);
    for (const body of added.reverse()) chain.add(this.#source(body), this.#bodies.startOf(body));
    if (chain.length > longestUnkept) this.#keep(ino, chain, added.length);
    return { chain, length: chain.length };
  }

  #source(body: number): Source {
    const source = this.#deltas[this.#bodies.deltaOf(body)];
    if (source === undefined) throw new SnapshotDamage("a snapshot is missing");
    return source;
  }

  /** Keeps a chain to which `added` bodies were added. */
  #keep(ino: Ino, chain: Chain, added: number): void {
    const before = this.#kept.get(ino);
    this.#keptBodies += before === chain ? added : chain.length - (before?.length ?? 0);
    if (this.#keptBodies > mostKept) {
      this.#kept = new Map();
      this.#keptBodies = chain.length;
    }
    this.#kept.set(ino, chain);
  }
}
