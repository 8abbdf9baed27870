import {
  type Journal,
  type Seq,
  type SnapshotStore,
  type StoredSnapshot,
  memorySnapshots,
} from "../../../journal/index.ts";
import type { MutableTree, Tree } from "../../fs/index.ts";
import { foldedSeq, foldedStart } from "./beginning.ts";
import { SnapshotDamage } from "../base/bytes.ts";
import { replayAll } from "./events.ts";
import { plainOf } from "./plain.ts";
import { Epoch, type Shared, newShared } from "./epoch.ts";
import { type MakerStart, SnapshotMaker } from "./maker.ts";
import { storeOf } from "./store.ts";

/** Whole states, with what builds on them, that are kept, as long as they hold no more than so many bytes. */
const mostEpochs = 8;
const mostHeld = 64 * 1024 * 1024;

/** The stored snapshots of a journal as states. */
export class StoredStates {
  readonly #journal: Journal;
  readonly #snapshots: SnapshotStore;
  #list: readonly StoredSnapshot[] = [];
  readonly #epochs = new Map<Seq, Epoch>();
  #shared = newShared();
  /** Snapshots that could not be read. */
  readonly #damaged = new Set<Seq>();
  /** The state that a compacted journal begins with, as a snapshot: whatever its own encoding is, others build on this. */
  #folded: SnapshotStore | undefined;
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
    const folded = foldedSeq(this.#journal);
    const stored = this.#snapshots.list().filter(({ seq }) => seq > folded && seq <= head);
    this.#list = folded === 0 ? stored : [{ seq: folded, base: folded }, ...stored];
  }

  /** Forgets all that was read: the snapshots were made again. */
  reset(): void {
    this.#epochs.clear();
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
    const epoch = this.#epochs.get(one.base);
    return epoch !== undefined && one.seq <= epoch.last.seq && !this.#isDamaged(one);
  }

  /** The state of a stored snapshot; undefined when it cannot be read. It shares what is equal with others. */
  tree(seq: Seq): Tree | undefined {
    this.#shared.leaves.turn();
    this.#shared.inodes.turn();
    this.#shared.parts.turn();
    return this.#read(seq, this.#epochs, this.#shared)?.tree;
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
    const { tree, epoch } = found;
    const { base, deltas } = epoch.sizes;
    return {
      tree: plainOf(tree),
      moment: epoch.last,
      versions: new Map(
        epoch.leaves().map((leaf) => [leaf, epoch.changedAt(leaf, epoch.length - 1)]),
      ),
      base: { seq: last.base, bytes: base, deltas: epoch.length, deltaBytes: deltas },
    };
  }

  /** Where the snapshots of an epoch are: what a compacted journal begins with is made into one when it is first read. */
  #storeOf(base: Seq): Pick<SnapshotStore, "read" | "readPage"> {
    if (base === 0 || base !== foldedSeq(this.#journal)) return this.#snapshots;
    const folded = (this.#folded ??= foldedSnapshot(this.#journal));
    return {
      read: (seq) => (seq === base ? folded : this.#snapshots).read(seq),
      readPage: (digest) => folded.readPage(digest),
    };
  }

  #isDamaged({ seq, base }: StoredSnapshot): boolean {
    for (const damaged of this.#damaged) if (damaged >= base && damaged <= seq) return true;
    return false;
  }

  #read(
    seq: Seq,
    epochs: Map<Seq, Epoch>,
    shared: Shared,
  ): { readonly tree: Tree; readonly epoch: Epoch } | undefined {
    const snapshot = this.#list.find((one) => one.seq === seq);
    if (snapshot === undefined) return undefined;
    const deltas = this.#list.filter((one) => one.base === snapshot.base && one.seq !== one.base);
    const store = this.#storeOf(snapshot.base);
    let reading = snapshot.base;
    try {
      const epoch =
        epochs.get(snapshot.base) ?? new Epoch(store, snapshot.base, shared, this.#repair);
      epochs.delete(snapshot.base);
      epochs.set(snapshot.base, epoch);
      const delta = deltas.findIndex((one) => one.seq === seq);
      for (const next of deltas.slice(epoch.length, delta + 1)) {
        reading = next.seq;
        epoch.add(next.seq);
      }
      trim(epochs);
      return { tree: epoch.state(delta), epoch };
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

function foldedSnapshot(journal: Journal): SnapshotStore {
  const store = memorySnapshots();
  const start = foldedStart(journal);
  if (start === undefined) return store;
  const maker = new SnapshotMaker(start);
  const bytes = maker.base((page) => store.putPage(page));
  store.put({ seq: maker.seq, base: maker.seq }, bytes);
  return store;
}

/** Where storing goes on. */
export interface Resumed extends MakerStart {
  readonly base: { seq: Seq; bytes: number; deltas: number; deltaBytes: number };
}

/** Takes away what was put in first, but never the last. */
function trim(epochs: Map<Seq, Epoch>): void {
  let held = 0;
  for (const epoch of epochs.values()) held += epoch.held;
  for (const [seq, epoch] of epochs) {
    if (epochs.size === 1 || (epochs.size <= mostEpochs && held <= mostHeld)) return;
    held -= epoch.held;
    epochs.delete(seq);
  }
}
