import type { Ino, Seq, SnapshotStore } from "../../../journal/index.ts";
import { type Inode, type Lazy, type Tree, inodeOf, tableOf } from "../../fs/index.ts";
import { SnapshotDamage } from "../base/bytes.ts";
import { Recent } from "./recent.ts";
import { Bodies } from "./bodies.ts";
import {
  type Base,
  type Group,
  type Head,
  type Moment,
  decodeBase,
  decodeDelta,
  decodeGroup,
  groupInodes,
  leafInodes,
  partPage,
} from "./blob.ts";
import type { PartList } from "./body.ts";
import type { Source } from "./chain.ts";
import { type BodyStart, Chains } from "./chains.ts";
import { type ContentReader, type PartValue, inodeFrom } from "./inode.ts";

/** A leaf of the inode table: 32 inodes, each read when it is looked at. */
type Leaf = readonly (Inode | Lazy<Inode | undefined> | undefined)[];

/** What the states of all epochs share, by what they last made. */
export interface Shared {
  readonly leaves: Recent<number, Leaf>;
  readonly inodes: Recent<Ino, Inode | undefined>;
  readonly parts: Recent<string, PartValue>;
}

export function newShared(): Shared {
  return { leaves: new Recent(), inodes: new Recent(), parts: new Recent() };
}

/** A snapshot of what changed since the one before. */
interface Delta extends Source {
  readonly head: Head;
}

/** Bytes of states that are read, at most: those of ten million inodes take less. */
const mostHeld = 1024 * 1024 * 1024;

/** A page of the whole state's inodes. */
type OpenGroup = Group & Source;

/**
 * A whole stored state and the snapshots that build on it. Opening one reads lists; inodes, and the contents of large
 * ones, are read when they are looked at. What cannot be read comes from `repair`, which makes a state from the events.
 */
export class Epoch {
  readonly #snapshots: Pick<SnapshotStore, "read" | "readPage">;
  readonly #shared: Shared;
  readonly #repair: (seq: Seq) => Tree;
  readonly #base: Base;
  readonly #deltas: Delta[] = [];
  readonly #bodies = new Bodies();
  readonly #chains: Chains;
  readonly #groups = new Map<number, OpenGroup | undefined>();
  readonly #partPages = new Map<string, PartList>();
  #held = 0;
  /** The leaves with so many deltas. */
  #leaves: { readonly length: number; readonly numbers: readonly number[] } | undefined;
  #reader: { readonly delta: number; readonly reader: ContentReader } | undefined;

  /** Throws SnapshotDamage when the base cannot be read. */
  constructor(
    snapshots: Pick<SnapshotStore, "read" | "readPage">,
    seq: Seq,
    shared: Shared,
    repair: (seq: Seq) => Tree,
  ) {
    this.#snapshots = snapshots;
    this.#shared = shared;
    this.#repair = repair;
    this.#base = decodeBase(this.#read(seq));
    if (this.#base.head.seq !== seq) throw new SnapshotDamage("it is another snapshot");
    const find = (ino: Ino) => this.#inBase(ino);
    this.#chains = new Chains(this.#bodies, this.#deltas, { seq, find });
  }

  /** How many deltas were added. */
  get length(): number {
    return this.#deltas.length;
  }

  /** The moment of the last that was added, or of the base. */
  get last(): Moment {
    return this.#head(this.#deltas.length - 1);
  }

  /** Bytes that it holds in memory, as far as they are many. */
  get held(): number {
    return this.#held + this.#bodies.bytes;
  }

  /** Bytes of the base's pages, and of all deltas that were added. */
  get sizes(): { readonly base: number; readonly deltas: number } {
    const deltas = this.#deltas.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return { base: this.#base.pageBytes, deltas };
  }

  /** Adds the next delta. Throws SnapshotDamage when it cannot be read; states of those before it stay right. */
  add(seq: Seq): void {
    const bytes = this.#read(seq);
    const delta = this.#deltas.length;
    const head = decodeDelta(bytes, (ino, start) => this.#bodies.add(ino, delta, start));
    // A snapshot that is missing would be missed: what it changed is in no other.
    if (head.seq !== seq || head.seqBefore !== this.last.seq) {
      throw new SnapshotDamage(`the snapshot before event ${seq} is missing`);
    }
    this.#deltas.push({ seq, bytes, time: head.time, tape: head.tapeBefore, head });
  }

  /** The state at the base (-1) or at a delta. */
  state(delta: number): Tree {
    const { nextIno, count, mapped, orphans } = this.#head(delta);
    const inodes = tableOf<Inode>(this.leaves(), (leaf) =>
      this.#shared.leaves.get(leaf, this.changedAt(leaf, delta), () => this.#leaf(leaf, delta)),
    );
    return { inodes, nextIno, count, mapped, orphans: new Set(orphans) };
  }

  /** The snapshot in which a leaf of the inode table last changed, up to a delta. */
  changedAt(leaf: number, delta: number): Seq {
    const last = this.#bodies.lastChange(leaf, delta);
    return this.#deltas[last]?.seq ?? this.#base.changed.get(leaf) ?? (0 as Seq);
  }

  /** All leaves of the inode table that ever held an inode, ascending. */
  leaves(): readonly number[] {
    if (this.#leaves?.length !== this.#deltas.length) {
      const all = new Set([...this.#base.changed.keys(), ...this.#bodies.leaves()]);
      const numbers = [...all].sort((left, right) => left - right);
      this.#leaves = { length: this.#deltas.length, numbers };
    }
    return this.#leaves.numbers;
  }

  #head(delta: number): Head {
    return this.#deltas[delta]?.head ?? this.#base.head;
  }

  #leaf(index: number, delta: number): Leaf {
    const make: Lazy<Inode | undefined> = (slot) =>
      this.#inode((index * leafInodes + slot) as Ino, delta);
    const slots: Lazy<Inode | undefined>[] = Array.from({ length: leafInodes });
    return slots.fill(make);
  }

  #inode(ino: Ino, delta: number): Inode | undefined {
    const reader = this.#readerAt(delta);
    const last = this.#bodies.last(ino, delta);
    const seq = this.#deltas[this.#bodies.deltaOf(last)]?.seq ?? this.#base.head.seq;
    return this.#shared.inodes.get(ino, seq, () =>
      reader.guard(
        ino,
        () => {
          const { chain, length } = this.#chains.find(ino, last);
          return inodeFrom(ino, chain, length, reader);
        },
        (inode) => inode,
      ),
    );
  }

  /** What the base holds of an inode. */
  #inBase(ino: Ino): BodyStart | undefined {
    const group = this.#group(ino);
    const start = group?.starts[ino % groupInodes] ?? 0;
    return group === undefined || start === 0 ? undefined : { source: group, start };
  }

  /** What is looked at long after the state was made may be found to be damaged: then the events tell. */
  #readerAt(delta: number): ContentReader {
    if (this.#reader?.delta !== delta) this.#reader = { delta, reader: this.#newReader(delta) };
    return this.#reader.reader;
  }

  #newReader(delta: number): ContentReader {
    return {
      guard: (ino, read, from) => {
        try {
          return read();
        } catch (error) {
          if (!(error instanceof SnapshotDamage)) throw error;
          return from(inodeOf(this.#repair(this.#head(delta).seq), ino));
        }
      },
      // An inode is of one type for life, so that its parts are too.
      share: <T extends PartValue>(ino: Ino, part: number, version: Seq, make: () => T) =>
        this.#shared.parts.get(`${ino} ${part}`, version, make) as T,
      // A page holds one part of a file.
      partsApart: (ino) => this.#base.apart.get(ino)?.keys() ?? [],
      partPages: (ino, type, part) => this.#partPagesOf(ino, type, part),
    };
  }

  *#partPagesOf(ino: Ino, type: Inode["type"], part: number | undefined): Generator<PartList> {
    const digests = this.#base.apart.get(ino) ?? new Map<number, string>();
    if (part === undefined) {
      for (const digest of digests.values()) yield this.#partPage(digest);
      return;
    }
    const digest = digests.get(partPage(type, part));
    if (digest !== undefined) yield this.#partPage(digest);
  }

  #partPage(digest: string): PartList {
    let page = this.#partPages.get(digest);
    if (page === undefined) {
      page = { bytes: this.#page(digest), at: 0 };
      this.#partPages.set(digest, page);
    }
    return page;
  }

  #group(ino: Ino): OpenGroup | undefined {
    const index = Math.floor(ino / groupInodes);
    if (this.#groups.has(index)) return this.#groups.get(index);
    const digest = this.#base.groups.get(index);
    const group =
      digest === undefined
        ? undefined
        : { ...decodeGroup(this.#page(digest)), seq: this.#base.head.seq, tape: 0 };
    this.#groups.set(index, group);
    return group;
  }

  #page(digest: string): Uint8Array {
    const bytes = this.#snapshots.readPage(digest);
    if (bytes === undefined) throw new SnapshotDamage("a page of a snapshot is damaged");
    this.#held += bytes.length;
    if (this.#held > mostHeld) throw new SnapshotDamage("it is larger than a state can be");
    return bytes;
  }

  #read(seq: Seq): Uint8Array {
    const bytes = this.#snapshots.read(seq);
    if (bytes === undefined) throw new SnapshotDamage(`the snapshot at event ${seq} is damaged`);
    this.#held += bytes.length;
    return bytes;
  }
}
