import {
  type Journal,
  type Seq,
  type SnapshotStore,
  type StoredSnapshot,
  memorySnapshots,
} from "../../../journal/index.ts";
import type { MutableTree, Tree } from "../../fs/index.ts";
import { baseSeq, baseStart } from "./beginning.ts";
import { SnapshotDamage } from "../base/bytes.ts";
import { OutdatedSnapshot } from "./encoding.ts";
import { replayAll } from "./events.ts";
import { tapeOf } from "./read-tape.ts";
import { plainOf } from "./plain.ts";
import { type GroupStore, SnapshotGroup, type Shared, newShared } from "./snapshot-group.ts";
import { type MakerStart, SnapshotMaker } from "./maker.ts";
import { storeOf } from "./store.ts";

/** The most snapshot groups to keep open, and the most bytes that they may hold together. */
const mostGroups = 8;
const mostHeld = 64 * 1024 * 1024;

/** Makes states from the stored snapshots of a journal. */
export class StoredStates {
  readonly #journal: Journal;
  readonly #snapshots: SnapshotStore;
  #list: readonly StoredSnapshot[] = [];
  readonly #groups = new Map<Seq, SnapshotGroup>();
  #shared = newShared();
  /** Snapshots that could not be read. */
  readonly #damaged = new Set<Seq>();
  /** Tells whether all of those are of another version. */
  #isOutdated = true;
  /** The state that a compacted journal begins with, as a snapshot: whatever its own encoding is, others build on this. */
  #folded: SnapshotStore | undefined;
  #repaired: { readonly seq: Seq; readonly tree: Tree } | undefined;

  constructor(journal: Journal, snapshots: SnapshotStore = storeOf(journal)) {
    this.#journal = journal;
    this.#snapshots = snapshots;
    this.refresh();
  }

  /** Tells whether a stored snapshot could not be read; the events replaced it. */
  get isDamaged(): boolean {
    return this.#damaged.size > 0 || this.#repaired !== undefined;
  }

  /** Tells whether nothing but its version keeps a stored snapshot from being read. */
  get isOutdated(): boolean {
    return this.#isOutdated && this.#repaired === undefined && this.#damaged.size > 0;
  }

  /** The last stored snapshot that can be read; 0 if there is none. */
  get last(): Seq {
    return this.nearest(Number.MAX_SAFE_INTEGER as Seq) ?? (0 as Seq);
  }

  /** Removes all snapshots, to be made again. Throws JournalError. */
  clear(): void {
    this.#snapshots.clear();
    this.reset();
  }

  /** Lists the stored snapshots again. */
  refresh(): void {
    // Snapshots past the end are of a longer journal that was replaced by this one.
    const head = this.#journal.head();
    const folded = baseSeq(this.#journal);
    const stored = this.#snapshots.list().filter(({ seq }) => seq > folded && seq <= head);
    this.#list = folded === 0 ? stored : [{ seq: folded, base: folded }, ...stored];
  }

  /** Drops everything that was read, after the snapshots were made again. */
  reset(): void {
    this.#groups.clear();
    this.#shared = newShared();
    this.#damaged.clear();
    this.#isOutdated = true;
    this.#repaired = undefined;
    this.refresh();
  }

  /** Returns the last stored snapshot at or before `seq` that can be read. */
  nearest(seq: Seq): Seq | undefined {
    return this.#list.findLast((one) => one.seq <= seq && !this.#isDamaged(one))?.seq;
  }

  /** Returns the same among open groups, where only the state itself remains to be loaded. */
  nearestOpen(seq: number): Seq | undefined {
    return this.#list.findLast((one) => one.seq <= seq && this.#isOpen(one))?.seq;
  }

  #isOpen(one: StoredSnapshot): boolean {
    const group = this.#groups.get(one.base);
    return group !== undefined && one.seq <= group.last.seq && !this.#isDamaged(one);
  }

  /** Returns the state of a stored snapshot, which shares equal parts with others; undefined if it cannot be read. */
  tree(seq: Seq): Tree | undefined {
    this.#shared.leaves.turn();
    this.#shared.inodes.turn();
    this.#shared.parts.turn();
    return this.#read(seq, this.#groups, this.#shared)?.tree;
  }

  /** Returns the state of a stored snapshot as a plain tree of its own. */
  plain(seq: Seq): MutableTree | undefined {
    const found = this.#read(seq, new Map(), newShared());
    return found === undefined ? undefined : plainOf(found.tree);
  }

  /** Returns the state from which storing continues; undefined to start at the beginning. */
  resume(): Resumed | undefined {
    const last = this.#list.at(-1);
    if (last === undefined) return undefined;
    const found = this.#read(last.seq, new Map(), newShared());
    if (found === undefined) return undefined;
    const { tree, group } = found;
    const { full, increments } = group.sizes;
    return {
      tree: plainOf(tree),
      moment: group.last,
      versions: new Map(
        group.leaves().map((leaf) => [leaf, group.changedAt(leaf, group.length - 1)]),
      ),
      group: { seq: last.base, bytes: full, increments: group.length, incrementBytes: increments },
    };
  }

  /** Returns the store of a group's snapshots: that of the base is made from it when it is first read. */
  #storeOf(base: Seq): GroupStore {
    if (base === 0 || base !== baseSeq(this.#journal)) return this.#snapshots;
    const folded = (this.#folded ??= baseSnapshot(this.#journal));
    return {
      read: (seq) => (seq === base ? folded : this.#snapshots).read(seq),
      readPage: (digest) => folded.readPage(digest),
      expect: (seqs) => this.#snapshots.expect?.(seqs.filter((seq) => seq !== base)),
    };
  }

  #isDamaged({ seq, base }: StoredSnapshot): boolean {
    for (const damaged of this.#damaged) if (damaged >= base && damaged <= seq) return true;
    return false;
  }

  #read(
    seq: Seq,
    groups: Map<Seq, SnapshotGroup>,
    shared: Shared,
  ): { readonly tree: Tree; readonly group: SnapshotGroup } | undefined {
    const snapshot = this.#list.find((one) => one.seq === seq);
    if (snapshot === undefined) return undefined;
    const increments = this.#list.filter(
      (one) => one.base === snapshot.base && one.seq !== one.base,
    );
    const store = this.#storeOf(snapshot.base);
    let reading = snapshot.base;
    const increment = increments.findIndex((one) => one.seq === seq);
    const open = groups.get(snapshot.base);
    const ahead = increments.slice(open?.length ?? 0, increment + 1);
    store.expect?.([
      ...(open === undefined ? [snapshot.base] : []),
      ...ahead.map((one) => one.seq),
    ]);
    try {
      const group = open ?? new SnapshotGroup(store, snapshot.base, shared, this.#repair);
      groups.delete(snapshot.base);
      groups.set(snapshot.base, group);
      for (const next of ahead) {
        reading = next.seq;
        group.add(next.seq);
      }
      trim(groups);
      return { tree: group.state(increment), group };
    } catch (error) {
      if (!(error instanceof SnapshotDamage)) throw error;
      // Does not try this snapshot again, whatever is wrong with it.
      this.#damaged.add(reading).add(seq);
      this.#isOutdated &&= error instanceof OutdatedSnapshot;
      return undefined;
    }
  }

  /** Makes a state from the events, for data that cannot be read. */
  readonly #repair = (seq: Seq): Tree => {
    if (this.#repaired?.seq !== seq) {
      this.#repaired = { seq, tree: replayAll(this.#journal, seq) };
    }
    return this.#repaired.tree;
  };
}

/** Makes a snapshot of the base, in memory; none in a journal that was never compacted. */
function baseSnapshot(journal: Journal): SnapshotStore {
  const store = memorySnapshots();
  const start = baseStart(journal);
  if (start === undefined) return store;
  const maker = new SnapshotMaker(start, tapeOf(journal));
  const bytes = maker.full((page) => store.putPage(page));
  store.put({ seq: maker.seq, base: maker.seq }, bytes);
  return store;
}

/** The state from which storing continues. */
export interface Resumed extends MakerStart {
  readonly group: { seq: Seq; bytes: number; increments: number; incrementBytes: number };
}

/** Closes the groups that were used least recently, but never the last. */
function trim(groups: Map<Seq, SnapshotGroup>): void {
  let held = 0;
  for (const group of groups.values()) held += group.held;
  for (const [seq, group] of groups) {
    if (groups.size === 1 || (groups.size <= mostGroups && held <= mostHeld)) return;
    held -= group.held;
    groups.delete(seq);
  }
}
