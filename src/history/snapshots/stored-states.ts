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
import { OutdatedSnapshot, rootLeaf } from "../deltas/encoding.ts";
import { replayAll } from "./events.ts";
import { incrementsIn, isFrameFull } from "./frame.ts";
import { tapeOf } from "./read-tape.ts";
import { plainOf } from "./plain.ts";
import { type GroupStore, SnapshotGroup, type Shared, newShared } from "./snapshot-group.ts";
import { type MakerStart, SnapshotMaker } from "./maker.ts";
import { type ResumedIndex, indexToGoOn, storedIndex } from "./stored-index.ts";
import { storeOf } from "./store.ts";

/**
 * The most snapshot groups to keep open, and the most bytes that they may hold together: where each delta stands, about
 * 16 bytes for each event.
 */
const mostGroups = 16;
const mostHeld = 256 * 1024 * 1024;

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

  /** Tells whether each snapshot that could not be read is whole, and was stored by somebody else. */
  get isForeign(): boolean {
    if (this.#repaired !== undefined || this.#damaged.size === 0) return false;
    for (const seq of this.#damaged)
      if (this.#snapshots.read(seq) !== undefined || this.#snapshots.readAny(seq) === undefined)
        return false;
    return true;
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

  /**
   * Returns the last stored moment at or before `seq` that can be read. Of a frame that is not open only the last one is
   * known.
   */
  nearest(seq: Seq): Seq | undefined {
    const row = this.#list.findLast((one) => one.seq <= seq && !this.#isDamaged(one));
    return this.#nearestOpen(seq, row?.seq ?? (-1 as Seq)) ?? row?.seq;
  }

  /** Returns the same among open groups, where only the state itself remains to be loaded. */
  nearestOpen(seq: number): Seq | undefined {
    return this.#nearestOpen(seq, -1);
  }

  /** Opens the frame that holds the moments just before `seq`, so that `nearest` knows them. */
  open(seq: Seq): void {
    const next = this.#list.find((one) => one.seq > seq && !this.#isDamaged(one));
    if (next !== undefined && next.seq !== next.base && next.base <= seq)
      this.#opened(next, this.#groups, this.#shared, seq);
  }

  #nearestOpen(seq: number, after: number): Seq | undefined {
    let nearest: Seq | undefined;
    for (const [base, group] of this.#groups) {
      if (base > seq || group.lastSeq <= after) continue;
      const moment = group.momentOf(group.upTo(seq as Seq));
      if (moment > Math.max(after, nearest ?? -1) && !this.#isDamaged({ seq: moment, base }))
        nearest = moment;
    }
    return nearest;
  }

  /**
   * Returns the state of a stored snapshot, which shares equal parts with others; undefined if it cannot be read. A later
   * state is made from it up to the event `upTo`.
   */
  tree(seq: Seq, upTo?: Seq): Tree | undefined {
    this.#shared.memory.begin();
    this.#shared.leaves.turn();
    this.#shared.inodes.turn();
    this.#shared.parts.turn();
    return this.#read(seq, this.#groups, this.#shared, upTo)?.tree;
  }

  /** Returns the state of a stored snapshot as a plain tree of its own. */
  plain(seq: Seq): MutableTree | undefined {
    const found = this.#read(seq, new Map(), newShared("all"));
    return found === undefined ? undefined : plainOf(found.tree);
  }

  /** Returns the state from which storing continues; undefined to start at the beginning. */
  resume(): Resumed | undefined {
    const last = this.#list.at(-1);
    const start = last === undefined ? undefined : this.#start(last);
    if (last === undefined || start === undefined) return undefined;
    const { group, ...rest } = start;
    const { full, increments } = group.sizes;
    return {
      ...rest,
      group: { seq: last.base, bytes: full, increments: group.length, incrementBytes: increments },
    };
  }

  /** Returns a stored row as a start: a full frame, whose group has an index. Undefined if it is none, or cannot be read. */
  startAt(seq: Seq): IndexedStart | undefined {
    const row = this.#list.find((one) => one.seq === seq);
    const start = row === undefined ? undefined : this.#start(row);
    if (start?.index === undefined || !isFrameFull(start.frame)) return undefined;
    const { tree, moment, versions, index } = start;
    return { tree, moment, versions, index };
  }

  #start(
    row: StoredSnapshot,
  ): (Omit<Resumed, "group"> & { readonly group: SnapshotGroup }) | undefined {
    const { seq, base } = row;
    const found = this.#read(seq, new Map(), newShared("all"));
    const bytes = seq === base ? undefined : this.#storeOf(base).read(seq);
    if (found === undefined || (bytes === undefined && seq !== base)) return undefined;
    const { tree, group } = found;
    const increment = group.upTo(seq);
    const frame = bytes === undefined ? [] : Array.from(incrementsIn(bytes), (from) => from.rest());
    const rows = this.#framesOf(base).filter((one) => one.seq <= seq);
    return {
      tree: plainOf(tree),
      moment: group.header(increment),
      versions: new Map(versionsOf(group, increment)),
      group,
      frame,
      index: indexToGoOn(this.#storeOf(base), rows, frame),
    };
  }

  /** Returns the store of a group's snapshots: that of the base is made from it when it is first read. */
  #storeOf(base: Seq): GroupStore {
    if (base === 0 || base !== baseSeq(this.#journal)) return this.#snapshots;
    const folded = (this.#folded ??= baseSnapshot(this.#journal));
    const stored = this.#snapshots;
    return {
      list: () => this.#snapshots.list(),
      read: (seq) => (seq === base ? folded : this.#snapshots).read(seq),
      readPage: (digest) => folded.readPage(digest) ?? this.#snapshots.readPage(digest),
      ...(stored.expect !== undefined && {
        expect: (seqs, upTo) =>
          stored.expect?.(
            seqs.filter((seq) => seq !== base),
            upTo,
          ),
      }),
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
    upTo?: Seq,
  ): { readonly tree: Tree; readonly group: SnapshotGroup } | undefined {
    const group = openWith(groups, seq) ?? this.#openedAt(seq, groups, shared, upTo);
    if (group === undefined) return undefined;
    groups.delete(group.momentOf(-1));
    groups.set(group.momentOf(-1), group);
    const increment = group.upTo(seq);
    if (group.momentOf(increment) !== seq)
      return this.#passOver(new SnapshotDamage("it is another snapshot"), seq);
    try {
      return { tree: group.state(increment), group };
    } catch (error) {
      return this.#passOver(error, seq);
    }
  }

  #openedAt(
    seq: Seq,
    groups: Map<Seq, SnapshotGroup>,
    shared: Shared,
    upTo?: Seq,
  ): SnapshotGroup | undefined {
    // The full snapshot itself, or the frame that has the increment.
    const row = this.#list.find((one) => one.seq >= seq && (one.seq === seq || one.base < seq));
    return row === undefined ? undefined : this.#opened(row, groups, shared, upTo);
  }

  /**
   * Returns the group of a stored row, read up to that row; undefined if it cannot be read. A state is made from it up to
   * the event `upTo`, if that is known.
   */
  #opened(
    row: StoredSnapshot,
    groups: Map<Seq, SnapshotGroup>,
    shared: Shared,
    upTo?: Seq,
  ): SnapshotGroup | undefined {
    const { base } = row;
    const store = this.#storeOf(base);
    const rows = this.#framesOf(base);
    const open = groups.get(base) ?? this.#indexed(store, base, rows, shared);
    const reached = open?.lastSeq ?? base;
    // The first look at a group reads as far as it must, the next one that is past that all of it: each costs a wait.
    const isPast = groups.has(base) && row.seq > reached;
    const end = isPast ? Number.MAX_SAFE_INTEGER : row.seq;
    const ahead = rows.filter(({ seq }) => seq > reached && seq <= end);
    store.expect?.([...(open === undefined ? [base] : []), ...ahead.map((one) => one.seq)], upTo);
    let reading = base;
    try {
      const group = open ?? new SnapshotGroup(store, base, shared, this.#repair);
      groups.delete(base);
      groups.set(base, group);
      for (const next of ahead) {
        reading = next.seq;
        group.add(next.seq);
      }
      trim(groups);
      return group;
    } catch (error) {
      if (!(error instanceof SnapshotDamage)) throw error;
      const isListed = () => this.#list.some(({ seq }) => seq === reading);
      const wasListed = isListed();
      this.refresh();
      // Another process may have put a longer frame in its place.
      if (wasListed && !isListed()) return undefined;
      this.#passOver(error, reading);
      const group = groups.get(base);
      return group !== undefined && group.lastSeq >= row.seq ? group : undefined;
    }
  }

  #framesOf(base: Seq): readonly StoredSnapshot[] {
    return this.#list.filter((one) => one.base === base && one.seq !== base);
  }

  /**
   * Opens a group with its index. Returns undefined if it has none that can be read, or if rows must be fetched: each one
   * by itself would be a wait.
   */
  #indexed(
    store: GroupStore,
    base: Seq,
    rows: readonly StoredSnapshot[],
    shared: Shared,
  ): SnapshotGroup | undefined {
    if (store.expect !== undefined) return undefined;
    const index = storedIndex(store, rows);
    if (index.length === 0) return undefined;
    try {
      const group = new SnapshotGroup(store, base, shared, this.#repair);
      return group.lead(index) === "taken" ? group : undefined;
    } catch (error) {
      if (error instanceof SnapshotDamage) return undefined;
      throw error;
    }
  }

  /** Does not try these snapshots again, whatever is wrong with them. */
  #passOver(error: unknown, damaged: Seq): undefined {
    if (!(error instanceof SnapshotDamage)) throw error;
    this.#damaged.add(damaged);
    this.#isOutdated &&= error instanceof OutdatedSnapshot;
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

/** Yields the snapshot in which each leaf last changed, up to an increment; not those that were made later. */
function* versionsOf(group: SnapshotGroup, increment: number): Generator<readonly [number, Seq]> {
  for (const leaf of group.leaves()) {
    const seq = group.changedAt(leaf, increment);
    if (seq > 0 || leaf === rootLeaf) yield [leaf, seq];
  }
}

/** A state to start from, and the index of its snapshot group up to there. */
export interface IndexedStart extends MakerStart {
  readonly index: ResumedIndex;
}

/** The state from which storing continues. */
export interface Resumed extends MakerStart {
  readonly group: { seq: Seq; bytes: number; increments: number; incrementBytes: number };
  /** The increments of the last frame. */
  readonly frame: readonly Uint8Array[];
  /** Undefined if the group has no index, or one that cannot be read: then it gets none. */
  readonly index: ResumedIndex | undefined;
}

/** Returns the open group that has this very moment. */
function openWith(groups: ReadonlyMap<Seq, SnapshotGroup>, seq: Seq): SnapshotGroup | undefined {
  for (const group of groups.values())
    if (group.lastSeq >= seq && group.momentOf(group.upTo(seq)) === seq) return group;
  return undefined;
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
