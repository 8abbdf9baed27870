import type { Ino, Seq, SnapshotStore } from "../../../journal/index.ts";
import { type Inode, type Lazy, type Tree, inodeOf, tableOf } from "../../fs/index.ts";
import { SnapshotDamage } from "../base/bytes.ts";
import { Recent } from "./recent.ts";
import { InodeDeltas } from "./inode-deltas.ts";
import {
  type FullSnapshot,
  type InodePage,
  type SnapshotHeader,
  type Moment,
  decodeFull,
  decodeIncrement,
  decodeInodePage,
  pageInodes,
  leafInodes,
  partPage,
} from "./encoding.ts";
import type { PartList } from "./inode-delta.ts";
import type { DeltaSource } from "./delta-chain.ts";
import { type DeltaStart, DeltaChains } from "./delta-chains.ts";
import { type ContentReader, type PartValue, inodeFrom } from "./inode.ts";

/** A leaf of the inode table: 32 inodes, each loaded at its first use. */
type Leaf = readonly (Inode | Lazy<Inode | undefined> | undefined)[];

/** The part of a store that a group reads. */
export type GroupStore = Pick<SnapshotStore, "read" | "readPage" | "expect" | "expectPages">;

/** The number of pages to expect when the next one is missed. */
interface Ahead {
  pages: number;
}

/** Values that the states of all groups share. */
export interface Shared {
  readonly leaves: Recent<number, Leaf>;
  readonly inodes: Recent<Ino, Inode | undefined>;
  readonly parts: Recent<string, PartValue>;
}

export function newShared(): Shared {
  return { leaves: new Recent(), inodes: new Recent(), parts: new Recent() };
}

/** A stored snapshot of the changes since the one before. */
interface Increment extends DeltaSource {
  readonly header: SnapshotHeader;
}

/** The most bytes of a state to read; ten million inodes take less. */
const mostHeld = 1024 * 1024 * 1024;

/** A page of inodes of the full snapshot. */
type OpenInodePage = InodePage & DeltaSource;

/**
 * A full snapshot and its increments. Opening one reads lists only; inodes, and large contents, are loaded at their
 * first use. `repair` makes a state from the events, in place of data that cannot be read.
 */
export class SnapshotGroup {
  readonly #snapshots: GroupStore;
  readonly #shared: Shared;
  readonly #repair: (seq: Seq) => Tree;
  readonly #full: FullSnapshot;
  readonly #increments: Increment[] = [];
  readonly #deltas = new InodeDeltas();
  readonly #chains: DeltaChains;
  readonly #inodePages = new Map<number, OpenInodePage | undefined>();
  readonly #partPages = new Map<string, PartList>();
  /** Of pages of inodes, and of pages with the parts of an inode. */
  readonly #inodesAhead: Ahead = { pages: 1 };
  readonly #partsAhead = new Map<Ino, Ahead>();
  #held = 0;
  /** The leaves, valid for this number of increments. */
  #leaves: { readonly length: number; readonly numbers: readonly number[] } | undefined;
  #reader: { readonly increment: number; readonly reader: ContentReader } | undefined;

  /** Throws SnapshotDamage if the full snapshot cannot be read. */
  constructor(snapshots: GroupStore, seq: Seq, shared: Shared, repair: (seq: Seq) => Tree) {
    this.#snapshots = snapshots;
    this.#shared = shared;
    this.#repair = repair;
    this.#full = decodeFull(this.#read(seq));
    if (this.#full.header.seq !== seq) throw new SnapshotDamage("it is another snapshot");
    const find = (ino: Ino) => this.#inFull(ino);
    this.#chains = new DeltaChains(this.#deltas, this.#increments, { seq, find });
  }

  /** The number of increments so far. */
  get length(): number {
    return this.#increments.length;
  }

  /** The moment of the last increment, or of the full snapshot. */
  get last(): Moment {
    return this.#header(this.#increments.length - 1);
  }

  /** The bytes that it holds in memory, without small things. */
  get held(): number {
    return this.#held + this.#deltas.bytes;
  }

  /** The bytes of the full snapshot's pages, and of all increments so far. */
  get sizes(): { readonly full: number; readonly increments: number } {
    const increments = this.#increments.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return { full: this.#full.pageBytes, increments };
  }

  /** Adds the next increment. Throws SnapshotDamage if it cannot be read; earlier states stay valid. */
  add(seq: Seq): void {
    const bytes = this.#read(seq);
    const increment = this.#increments.length;
    const header = decodeIncrement(bytes, (ino, start) => this.#deltas.add(ino, increment, start));
    // A missing increment must be noticed, because no other one has its changes.
    if (header.seq !== seq || header.seqBefore !== this.last.seq) {
      throw new SnapshotDamage(`the snapshot before event ${seq} is missing`);
    }
    this.#increments.push({ seq, bytes, time: header.time, tape: header.tapeBefore, header });
  }

  /** Returns the state at an increment, or at the full snapshot (-1). */
  state(increment: number): Tree {
    const { nextIno, count, mapped, orphans } = this.#header(increment);
    const inodes = tableOf<Inode>(this.leaves(), (leaf) =>
      this.#shared.leaves.get(leaf, this.changedAt(leaf, increment), () =>
        this.#leaf(leaf, increment),
      ),
    );
    return { inodes, nextIno, count, mapped, orphans: new Set(orphans) };
  }

  /** Returns the snapshot in which a leaf of the inode table last changed, up to an increment. */
  changedAt(leaf: number, increment: number): Seq {
    const last = this.#deltas.lastChange(leaf, increment);
    return this.#increments[last]?.seq ?? this.#full.changed.get(leaf) ?? (0 as Seq);
  }

  /** Returns all leaves of the inode table that ever held an inode, ascending. */
  leaves(): readonly number[] {
    if (this.#leaves?.length !== this.#increments.length) {
      const all = new Set([...this.#full.changed.keys(), ...this.#deltas.leaves()]);
      const numbers = [...all].sort((left, right) => left - right);
      this.#leaves = { length: this.#increments.length, numbers };
    }
    return this.#leaves.numbers;
  }

  #header(increment: number): SnapshotHeader {
    return this.#increments[increment]?.header ?? this.#full.header;
  }

  #leaf(index: number, increment: number): Leaf {
    const make: Lazy<Inode | undefined> = (slot) =>
      this.#inode((index * leafInodes + slot) as Ino, increment);
    const slots: Lazy<Inode | undefined>[] = Array.from({ length: leafInodes });
    return slots.fill(make);
  }

  #inode(ino: Ino, increment: number): Inode | undefined {
    const reader = this.#readerAt(increment);
    const last = this.#deltas.last(ino, increment);
    const seq = this.#increments[this.#deltas.incrementOf(last)]?.seq ?? this.#full.header.seq;
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

  /** Returns an inode's delta in the full snapshot. */
  #inFull(ino: Ino): DeltaStart | undefined {
    const page = this.#inodePage(ino);
    const start = page?.starts[ino % pageInodes] ?? 0;
    return page === undefined || start === 0 ? undefined : { source: page, start };
  }

  /** Data that is loaded long after the state was made may be damaged: then the events provide it. */
  #readerAt(increment: number): ContentReader {
    if (this.#reader?.increment !== increment)
      this.#reader = { increment, reader: this.#newReader(increment) };
    return this.#reader.reader;
  }

  #newReader(increment: number): ContentReader {
    return {
      guard: (ino, read, from) => {
        try {
          return read();
        } catch (error) {
          if (!(error instanceof SnapshotDamage)) throw error;
          return from(inodeOf(this.#repair(this.#header(increment).seq), ino));
        }
      },
      // An inode never changes its type, so neither do its parts.
      share: <T extends PartValue>(ino: Ino, part: number, version: Seq, make: () => T) =>
        this.#shared.parts.get(`${ino} ${part}`, version, make) as T,
      // Each page holds one part of a file.
      partsApart: (ino) => this.#full.apart.get(ino)?.keys() ?? [],
      partPages: (ino, type, part) => this.#partPagesOf(ino, type, part),
    };
  }

  *#partPagesOf(ino: Ino, type: Inode["type"], part: number | undefined): Generator<PartList> {
    const digests = this.#full.apart.get(ino) ?? new Map<number, string>();
    if (part === undefined) {
      this.#snapshots.expectPages?.([...digests.values()]);
      for (const digest of digests.values()) yield this.#partPage(digest);
      return;
    }
    const number = partPage(type, part);
    const digest = digests.get(number);
    if (this.#snapshots.expectPages !== undefined && !this.#partPages.has(digest ?? "")) {
      const ahead = this.#partsAhead.get(ino) ?? { pages: 1 };
      this.#partsAhead.set(ino, ahead);
      this.#expectFrom(number, digests, ahead, (_, one) => this.#partPages.has(one));
    }
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

  #inodePage(ino: Ino): OpenInodePage | undefined {
    const index = Math.floor(ino / pageInodes);
    if (this.#inodePages.has(index)) return this.#inodePages.get(index);
    const digest = this.#full.inodePages.get(index);
    if (this.#snapshots.expectPages !== undefined) {
      const isOpen = (one: number) => this.#inodePages.has(one);
      this.#expectFrom(index, this.#full.inodePages, this.#inodesAhead, isOpen);
    }
    const page =
      digest === undefined
        ? undefined
        : { ...decodeInodePage(this.#page(digest)), seq: this.#full.header.seq, tape: 0 };
    this.#inodePages.set(index, page);
    return page;
  }

  /**
   * Expects a page, and each time twice as many of those after it that are not open: a look at one file needs few, a walk
   * all.
   */
  #expectFrom(
    page: number,
    digests: ReadonlyMap<number, string>,
    ahead: Ahead,
    isOpen: (page: number, digest: string) => boolean,
  ): void {
    const expected: string[] = [];
    for (const [next, digest] of digests) {
      if (next < page || isOpen(next, digest)) continue;
      expected.push(digest);
      if (expected.length >= ahead.pages) break;
    }
    this.#snapshots.expectPages?.(expected);
    ahead.pages *= 2;
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
