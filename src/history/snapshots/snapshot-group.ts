import { type Ino, type Seq, type SnapshotStore, rootIno } from "../../../journal/index.ts";
import { type Inode, type Lazy, type Tree, inodeOf, tableOf } from "../../fs/index.ts";
import { SnapshotDamage } from "../base/bytes.ts";
import { Recent } from "./recent.ts";
import {
  type FullSnapshot,
  type InodePage,
  type SnapshotHeader,
  decodeFull,
  decodeInodePage,
  pageInodes,
  leafInodes,
  partPage,
} from "../deltas/encoding.ts";
import { Frames } from "./frames.ts";
import { Loaded, LoadedMemory } from "./loaded.ts";
import type { PartList } from "../deltas/inode-delta.ts";
import type { DeltaSource } from "../deltas/delta-chain.ts";
import { type DeltaStart, DeltaChains } from "../deltas/delta-chains.ts";
import { type ContentReader, type PartValue, inodeFrom } from "../deltas/inode.ts";

/** A leaf of the inode table: 32 inodes, each loaded at its first use. */
type Leaf = readonly (Inode | Lazy<Inode | undefined> | undefined)[];

/** The part of a store that a group reads. */
export type GroupStore = Pick<
  SnapshotStore,
  "list" | "read" | "readPage" | "expect" | "expectPages"
>;

/** Values that the states of all groups share. */
export interface Shared {
  /** Holds what is read of the store. */
  readonly memory: LoadedMemory;
  readonly leaves: Recent<number, Leaf>;
  readonly inodes: Recent<Ino, Inode | undefined>;
  readonly parts: Recent<string, PartValue>;
}

export function newShared(loaded: "what is looked at" | "all" = "what is looked at"): Shared {
  return {
    memory: new LoadedMemory(loaded === "all" ? Number.POSITIVE_INFINITY : mostLoaded),
    leaves: new Recent(),
    inodes: new Recent(),
    parts: new Recent(),
  };
}

/** The most bytes of frames and pages to hold: what is needed again is read again. */
const mostLoaded = 24 * 1024 * 1024;

/** A page of inodes of the full snapshot. */
class OpenInodePage implements DeltaSource {
  readonly seq: Seq;
  readonly tape = 0;
  readonly #loaded: Loaded<InodePage>;

  constructor(seq: Seq, loaded: Loaded<InodePage>) {
    this.seq = seq;
    this.#loaded = loaded;
  }

  get bytes(): Uint8Array {
    return this.#loaded.value.bytes;
  }

  get time(): bigint {
    return this.#loaded.value.time;
  }

  get isLoaded(): boolean {
    return this.#loaded.isLoaded;
  }

  /** Returns the position of an inode's delta; 0 if the inode is not there. */
  startOf(ino: Ino): number {
    return this.#loaded.value.starts[ino % pageInodes] ?? 0;
  }
}

/**
 * A full snapshot and its increments. Opening one reads lists only; inodes, and large contents, are loaded at their
 * first use. `repair` makes a state from the events, in place of data that cannot be read.
 */
export class SnapshotGroup {
  readonly #snapshots: GroupStore;
  readonly #shared: Shared;
  readonly #repair: (seq: Seq) => Tree;
  readonly #full: FullSnapshot;
  readonly #frames: Frames;
  readonly #chains: DeltaChains;
  readonly #inodePages = new Map<number, OpenInodePage>();
  readonly #partPages = new Map<string, Loaded<PartList>>();
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
    this.#frames = new Frames(shared.memory, this.#full.header, (row) => this.#readFrame(row));
    const find = (ino: Ino) => this.#inFull(ino);
    this.#chains = new DeltaChains(this.#frames.deltas, this.#frames, { seq, find });
  }

  /** The number of increments so far. */
  get length(): number {
    return this.#frames.increments.length;
  }

  /** The seq of the last increment, or of the full snapshot. */
  get lastSeq(): Seq {
    return this.#frames.lastSeq;
  }

  /** Returns the facts of an increment, or of the full snapshot (-1). Throws SnapshotDamage. */
  header(increment: number): SnapshotHeader {
    return increment < 0 ? this.#full.header : this.#frames.header(increment);
  }

  /** The bytes that it holds in memory, without what is loaded and small things. */
  get held(): number {
    return this.#frames.held;
  }

  /** The bytes of the full snapshot's pages, and of all increments so far. */
  get sizes(): { readonly full: number; readonly increments: number } {
    return { full: this.#full.pageBytes, increments: this.#frames.incrementBytes };
  }

  /**
   * Takes the index of its first frames, whose parts are in these pages, in their place. Must be called before any is
   * added. Returns "unread" if that cannot be read: then all frames can be added.
   */
  lead(digests: readonly string[]): "taken" | "unread" {
    try {
      this.#frames.lead(digests.map((digest) => this.#page(digest)));
      return "taken";
    } catch (error) {
      if (!(error instanceof SnapshotDamage)) throw error;
      return "unread";
    }
  }

  /** Adds the next frame of increments. Throws SnapshotDamage if it cannot be read; earlier states stay valid. */
  add(seq: Seq): void {
    this.#frames.add(seq);
  }

  /** Returns the last increment at or before `seq`; -1 for the full snapshot. */
  upTo(seq: Seq): number {
    return this.#frames.increments.upTo(seq);
  }

  /** Returns the moment of an increment, or of the full snapshot (-1). */
  momentOf(increment: number): Seq {
    return this.#frames.increments.seqOf(increment) ?? this.#full.header.seq;
  }

  /** Returns the state at an increment, or at the full snapshot (-1). Throws SnapshotDamage. */
  state(increment: number): Tree {
    const { nextIno, count, mapped, orphans } = this.header(increment);
    const inodes = tableOf<Inode>(this.leaves(), (leaf) =>
      this.#shared.leaves.get(leaf, this.changedAt(leaf, increment), () =>
        this.#leaf(leaf, increment),
      ),
    );
    return { inodes, nextIno, count, mapped, orphans: new Set(orphans) };
  }

  /** Returns the snapshot in which a leaf of the inode table last changed, up to an increment. */
  changedAt(leaf: number, increment: number): Seq {
    const last = this.#frames.deltas.lastChange(leaf, increment);
    return this.#frames.increments.seqOf(last) ?? this.#full.changed.get(leaf) ?? (0 as Seq);
  }

  /** Returns all leaves of the inode table that ever held an inode, ascending. */
  leaves(): readonly number[] {
    if (this.#leaves?.length !== this.length) {
      const all = new Set([...this.#full.changed.keys(), ...this.#frames.deltas.leaves()]);
      const numbers = [...all].sort((left, right) => left - right);
      this.#leaves = { length: this.length, numbers };
    }
    return this.#leaves.numbers;
  }

  #leaf(index: number, increment: number): Leaf {
    const make: Lazy<Inode | undefined> = (slot) =>
      this.#inode((index * leafInodes + slot) as Ino, increment);
    const slots: Lazy<Inode | undefined>[] = Array.from({ length: leafInodes });
    return slots.fill(make);
  }

  #inode(ino: Ino, increment: number): Inode | undefined {
    const reader = this.#readerAt(increment);
    const { deltas } = this.#frames;
    const last = deltas.last(ino, increment);
    const seq = this.momentOf(deltas.incrementOf(last));
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
    const start = page?.startOf(ino) ?? 0;
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
          return from(inodeOf(this.#repair(this.momentOf(increment)), ino));
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
    if (digest === undefined) return;
    if (this.#partPages.get(digest)?.isLoaded !== true)
      this.#snapshots.expectPages?.([digest], this.#likely(from(number, digests)));
    yield this.#partPage(digest);
  }

  #partPage(digest: string): PartList {
    let page = this.#partPages.get(digest);
    if (page === undefined) {
      const load = (): PartList => ({ bytes: this.#page(digest), at: 0 });
      page = new Loaded(this.#shared.memory, load, ({ bytes }) => bytes.length);
      this.#partPages.set(digest, page);
    }
    return page.value;
  }

  #inodePage(ino: Ino): OpenInodePage | undefined {
    const index = Math.floor(ino / pageInodes);
    const digest = this.#full.inodePages.get(index);
    if (digest === undefined) return undefined;
    let page = this.#inodePages.get(index);
    if (page?.isLoaded !== true)
      this.#snapshots.expectPages?.([digest], this.#likely(from(index, this.#full.inodePages)));
    if (page === undefined) {
      const load = (): InodePage => decodeInodePage(this.#page(digest));
      const size = ({ bytes, starts }: InodePage) => bytes.length + starts.byteLength;
      const { seq } = this.#full.header;
      page = new OpenInodePage(seq, new Loaded(this.#shared.memory, load, size));
      this.#inodePages.set(index, page);
    }
    return page;
  }

  /** Yields the pages that may be looked at after one that is missed: each costs a wait where pages are fetched. */
  *#likely(next: Iterable<string>): Generator<string> {
    const { apart, inodePages } = this.#full;
    // Every path begins in the root, and a look at a directory is one at its inodes.
    yield* apart.get(rootIno)?.values() ?? [];
    yield* next;
    yield* inodePages.values();
    for (const pages of apart.values()) yield* pages.values();
  }

  #page(digest: string): Uint8Array {
    const bytes = this.#snapshots.readPage(digest);
    if (bytes === undefined) throw new SnapshotDamage("a page of a snapshot is damaged");
    return bytes;
  }

  /** Reads a frame. It is in a longer one if more increments came since. */
  #readFrame(seq: Seq): Uint8Array {
    const bytes = this.#snapshots.read(seq);
    if (bytes !== undefined) return bytes;
    const { seq: base } = this.#full.header;
    const longer = this.#snapshots.list().find((one) => one.seq >= seq && one.base === base);
    return this.#read(longer?.seq ?? seq);
  }

  #read(seq: Seq): Uint8Array {
    const bytes = this.#snapshots.read(seq);
    if (bytes === undefined) throw new SnapshotDamage(`the snapshot at event ${seq} is damaged`);
    return bytes;
  }
}

/** Returns the digests of pages from one on, by their numbers. */
function* from(first: number, pages: ReadonlyMap<number, string>): Generator<string> {
  for (const [number, digest] of pages) if (number >= first) yield digest;
}
