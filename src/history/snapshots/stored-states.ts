import type { Journal, Seq, SnapshotStore, StoredSnapshot } from "../../../journal/index.ts";
import type { MutableTree, Tree } from "../../fs/index.ts";
import { baseSeq, baseStart } from "./beginning.ts";
import { SnapshotDamage } from "./bytes.ts";
import { replayAll } from "./events.ts";
import { plainOf } from "./plain.ts";
import { SnapshotGroup, type Shared, newShared } from "./snapshot-group.ts";
import type { MakerStart } from "./maker.ts";
import { storeOf } from "./store.ts";

/** Whole states, with what builds on them, that are kept, as long as they hold no more than so many bytes. */
const mostGroups = 8;
const mostHeld = 64 * 1024 * 1024;

/** The stored snapshots of a journal as states. */
export class StoredStates {
  readonly #journal: Journal;
  readonly #snapshots: SnapshotStore;
  #list: readonly StoredSnapshot[] = [];
  readonly #groups = new Map<Seq, SnapshotGroup>();
  #shared = newShared();
  /** Snapshots that could not be read. */
  readonly #damaged = new Set<Seq>();
  #isBaseRead = false;
  #repaired: { readonly seq: Seq; readonly tree: Tree } | undefined;

  constructor(journal: Journal, snapshots: SnapshotStore = storeOf(journal)) {
    this.#journal = journal;
    this.#snapshots = snapshots;
    this.refresh();
  }

  /** Whether something that is stored could not be read; answers were made from the events instead. */
  get isDamaged(): boolean {
    return this.#damaged.size > 0 || this.#repaired !== undefined;
  }

  /** The last stored snapshot that can be read; 0 when there is none. */
  get last(): Seq {
    return this.nearest(Number.MAX_SAFE_INTEGER as Seq) ?? (0 as Seq);
  }

  /** Takes all snapshots away, to be made again. Throws JournalError. */
  clear(): void {
    this.#snapshots.clear();
    this.reset();
  }

  /** Looks again for what is stored. */
  refresh(): void {
    // What lies past the end is of a journal that this one no longer is.
    const head = this.#journal.head();
    this.#list = this.#snapshots.list().filter(({ seq }) => seq <= head);
  }

  /** Forgets all that was read: the snapshots were made again. */
  reset(): void {
    this.#groups.clear();
    this.#shared = newShared();
    this.#damaged.clear();
    this.#repaired = undefined;
    this.refresh();
  }

  /** The last stored snapshot at or before `seq` that can be read. */
  nearest(seq: Seq): Seq | undefined {
    return this.#list.findLast((one) => one.seq <= seq && !this.#isDamaged(one))?.seq;
  }

  /** The same among those that are read already, but for what lies in the state itself. */
  nearestOpen(seq: number): Seq | undefined {
    return this.#list.findLast((one) => one.seq <= seq && this.#isOpen(one))?.seq;
  }

  #isOpen(one: StoredSnapshot): boolean {
    const group = this.#groups.get(one.base);
    return group !== undefined && one.seq <= group.last.seq && !this.#isDamaged(one);
  }

  /** The state of a stored snapshot; undefined when it cannot be read. It shares what is equal with others. */
  tree(seq: Seq): Tree | undefined {
    this.#shared.leaves.turn();
    this.#shared.inodes.turn();
    this.#shared.parts.turn();
    return this.#read(seq, this.#groups, this.#shared)?.tree;
  }

  /** The state of a stored snapshot as a plain tree of its own. */
  plain(seq: Seq): MutableTree | undefined {
    const found = this.#read(seq, new Map(), newShared());
    return found === undefined ? undefined : plainOf(found.tree);
  }

  /** Where to go on storing; undefined to begin at the beginning. */
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

  /** Reads the state that a compacted journal begins with once as a whole: nothing else vouches for it. */
  #requireBase(): void {
    if (!this.#isBaseRead) baseStart(this.#journal);
    this.#isBaseRead = true;
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
    if (snapshot.base === baseSeq(this.#journal)) this.#requireBase();
    let reading = snapshot.base;
    try {
      const group =
        groups.get(snapshot.base) ??
        new SnapshotGroup(this.#snapshots, snapshot.base, shared, this.#repair);
      groups.delete(snapshot.base);
      groups.set(snapshot.base, group);
      const increment = increments.findIndex((one) => one.seq === seq);
      for (const next of increments.slice(group.length, increment + 1)) {
        reading = next.seq;
        group.add(next.seq);
      }
      trim(groups);
      return { tree: group.state(increment), group };
    } catch (error) {
      if (!(error instanceof SnapshotDamage)) throw error;
      // Whatever else it says of itself, this one is not asked for again.
      this.#damaged.add(reading).add(seq);
      return undefined;
    }
  }

  /** A state made from the events, for what of it cannot be read. */
  readonly #repair = (seq: Seq): Tree => {
    if (this.#repaired?.seq !== seq) {
      this.#repaired = { seq, tree: replayAll(this.#journal, seq) };
    }
    return this.#repaired.tree;
  };
}

/** Where storing goes on. */
export interface Resumed extends MakerStart {
  readonly group: { seq: Seq; bytes: number; increments: number; incrementBytes: number };
}

/** Takes away what was put in first, but never the last. */
function trim(groups: Map<Seq, SnapshotGroup>): void {
  let held = 0;
  for (const group of groups.values()) held += group.held;
  for (const [seq, group] of groups) {
    if (groups.size === 1 || (groups.size <= mostGroups && held <= mostHeld)) return;
    held -= group.held;
    groups.delete(seq);
  }
}
