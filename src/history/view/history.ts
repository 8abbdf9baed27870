import { Immer, enableMapSet } from "immer";

import {
  type Event,
  type Journal,
  JournalError,
  type Seq,
  type SnapshotStore,
} from "../../../journal/index.ts";
import { type Tree, apply, emptyTree, laterTree } from "../../fs/index.ts";
import { beginning, baseSeq } from "../snapshots/beginning.ts";
import { tapeOf } from "../snapshots/read-tape.ts";
import { batchEvents, replayAll } from "../snapshots/events.ts";
import { RevisionError, resolveRevision } from "./revision.ts";
import { SnapshotWriter } from "../snapshots/writer.ts";
import { State } from "./state.ts";
import { storeOf } from "../snapshots/store.ts";
import { StoredStates } from "../snapshots/stored-states.ts";

/** Options for opening the past of a journal. */
export interface HistoryOptions {
  /** Returns nanoseconds since the epoch; revisions like -5m count from it. */
  readonly now?: () => bigint;
  /** The store for states. Default: the journal's own store, or memory if it has none. */
  readonly snapshots?: SnapshotStore;
  /** Called before stored snapshots are made (again), which takes some three seconds for each million events. */
  readonly onRebuild?: (rebuild: Rebuild) => void;
  /** Called often while they are made, with the events so far and all of them; when it is over, with all. */
  readonly onRebuilding?: (events: number, all: number) => void;
}

/**
 * Tells why stored snapshots are made, and for how many events. Those that another version of this program stored are
 * "outdated", those of another user or machine "foreign".
 */
export interface Rebuild {
  readonly why: "missing" | "damaged" | "outdated" | "foreign";
  readonly events: number;
}

/** The past of one journal: any number of states, which share their equal parts. */
export interface History {
  readonly journal: Journal;
  /**
   * Returns the state just after event `seq`; 0 is the empty one. Throws RevisionError if the journal ends before it.
   * @internal
   */
  at(seq: Seq): Tree;
  /**
   * Returns how many events lie between the state just after `seq` and the nearest one that is quick to get, at some
   * microseconds each. If no state is near, counts all events up to it. Reads nothing.
   */
  distance(seq: number): number;
  /** Returns how many events lie between it and the nearest earlier state in memory; the empty one is always there. */
  steps(seq: number): number;
  /**
   * Makes the state just after `seq` and keeps it. If stored states on the way are missing or damaged it does nothing
   * and returns "unprepared".
   */
  approach(seq: number): "made" | "unprepared";
  /**
   * Stores the missing states, at some three seconds for each million events, so that every moment is near one. `at`
   * and `state` do so themselves when they are first asked for a moment that is far from all. Returns "refused" if the
   * states cannot be stored: then such a moment takes a replay of all events.
   */
  prepare(): "done" | "refused";
  /** Returns the moment that a revision or the number of an event names. Throws RevisionError. */
  resolve(revision: string | number): Seq;
  /** Returns the state at a revision, or just after an event, as an object to read. Throws RevisionError. */
  state(revision: string | number): State;
  /** Closes the journal. */
  close(): void;
  [Symbol.dispose](): void;
}

enableMapSet();

/** At most so many states are kept, and only the least once more events than this were applied for them. */
const mostStates = 16;
const mostKeptEvents = 256;
const leastStates = 4;
/** On the way to a state, earlier states at these distances are kept, for steps back. */
const checkpoints = [64, 8] as const;
/** No stored state is looked for from a state that is so close. */
const nearEvents = 32;
/** Events that are applied when it is needed, and are kept until then. */
const mostLater = 1_024;
/** A state further away than this makes snapshots be stored. */
const farEvents = 4_000;
/** An event on a state that others share costs so many times as much as one on a tree of its own. */
const dear = 4;

export function openHistory(journal: Journal, options: HistoryOptions = {}): History {
  const now = options.now ?? (() => BigInt(Date.now()) * 1_000_000n);
  const snapshots = options.snapshots ?? storeOf(journal);
  const states = new States(journal, snapshots, options);
  const resolve = (moment: string | number): Seq => {
    const revision = typeof moment === "number" ? `#${moment}` : moment;
    const seq = resolveRevision(journal, revision, now());
    requireLeft(journal, seq, revision);
    return seq;
  };
  const requireThere = (seq: number): Seq => {
    const head = journal.head();
    requireLeft(journal, seq, String(seq));
    if (Number.isSafeInteger(seq) && seq >= 0 && seq <= head) return seq as Seq;
    const message = `event ${seq} is not in the journal; the last is ${head}`;
    throw new RevisionError("no-event", String(seq), message);
  };
  const at = (seq: Seq): Tree => states.at(requireThere(seq));
  const state = (revision: string | number): State => {
    const seq = resolve(revision);
    return new State(journal, seq, at(seq));
  };
  const close = (): void => journal.close();
  return {
    journal,
    at,
    distance: (seq) => states.distance(seq),
    steps: (seq) => states.steps(seq),
    approach: (seq) => states.approach(requireThere(seq)),
    prepare: () => states.prepare(),
    resolve,
    state,
    close,
    [Symbol.dispose]: close,
  };
}

function requireLeft(journal: Journal, seq: number, revision: string): void {
  const first = baseSeq(journal);
  if (seq >= first) return;
  const what = /^#?\d+$/.test(revision) ? `event ${seq}` : revision;
  throw new RevisionError(
    "folded",
    revision,
    `${what} is folded: the journal was compacted, and the first moment that is left is ${first}`,
    `${first} is the state that stands for all before it`,
  );
}

/** A state to start from: one in memory, or one that was stored, of which nothing is loaded. */
type Nearest = readonly [Seq, Tree, "known" | "stored"];

/** A state, and how many events were applied to the one before it. */
interface Known {
  readonly seq: Seq;
  readonly tree: Tree;
  readonly events: number;
}

/** Holds the states of one history that are in use, and makes the next one from them. */
class States {
  readonly #journal: Journal;
  readonly #snapshots: SnapshotStore;
  readonly #options: HistoryOptions;
  // Freezing makes each event two fifths dearer, and a Lazy must be replaced by its value.
  readonly #immer = new Immer({ autoFreeze: false });
  /**
   * Ordered by last use. A new list each time and no Map: tables that an old Map outgrew keep everything that was ever
   * in them until the next full collection.
   */
  #known: readonly Known[] = [];
  readonly #empty: Tree = emptyTree();
  readonly #stored: StoredStates;
  #storing: "possible" | "refused" = "possible";

  constructor(journal: Journal, snapshots: SnapshotStore, options: HistoryOptions) {
    this.#journal = journal;
    this.#snapshots = snapshots;
    this.#options = options;
    this.#stored = new StoredStates(journal, snapshots);
  }

  at(seq: Seq): Tree {
    const known = this.#known.find((one) => one.seq === seq);
    if (known !== undefined) return this.#keep(known);
    let nearest = this.#nearest(seq);
    if (seq - nearest[0] > farEvents) {
      this.prepare();
      nearest = this.#nearest(seq);
    }
    return this.#make(seq, nearest);
  }

  approach(seq: Seq): "made" | "unprepared" {
    if (this.#known.some((one) => one.seq === seq)) return "made";
    const nearest = this.#nearest(seq);
    if (seq - nearest[0] > farEvents && this.#isIncomplete()) return "unprepared";
    this.#make(seq, nearest);
    return "made";
  }

  distance(seq: number): number {
    return Math.min(this.steps(seq), seq - (this.#stored.nearestOpen(seq) ?? 0));
  }

  steps(seq: number): number {
    return seq - Math.max(0, ...this.#known.flatMap((one) => (one.seq <= seq ? [one.seq] : [])));
  }

  #make(seq: Seq, nearest: Nearest): Tree {
    let [from, tree] = nearest;
    if (from === seq) return this.#keep({ seq, tree, events: 0 });
    const all = seq - baseSeq(this.#journal);
    if (seq - from > farEvents && dear * (seq - from) > all) {
      // The new state shares nothing with the kept ones, which would only take memory.
      this.#known = [];
      return this.#keep({ seq, tree: replayAll(this.#journal, seq), events: 0 });
    }
    for (const before of [...checkpoints, 0]) {
      const stop = (seq - before) as Seq;
      if (stop <= from) continue;
      tree =
        (nearest[2] === "stored" ? this.#later(tree, from, stop) : undefined) ??
        this.#forward(tree, from, stop);
      this.#keep({ seq: stop, tree, events: stop - from });
      from = stop;
    }
    return tree;
  }

  /** Returns the closest state at or before `seq`: one in memory, a stored one, or the empty one. */
  #nearest(seq: Seq): Nearest {
    let [from, tree] = [0 as Seq, this.#empty];
    for (const known of this.#known) {
      if (known.seq <= seq && known.seq > from) [from, tree] = [known.seq, known.tree];
    }
    if (seq - from <= nearEvents && from >= baseSeq(this.#journal)) return [from, tree, "known"];
    for (;;) {
      this.#stored.open(seq);
      const stored = this.#stored.nearest(seq);
      if (stored === undefined || stored <= from) {
        // There is no state before the base: if it is damaged, this reports it.
        const base = baseSeq(this.#journal);
        if (from < base) return [base, beginning(this.#journal), "known"];
        return [from, tree, "known"];
      }
      const state = this.#stored.tree(stored, seq);
      if (state !== undefined) return [stored, state, "stored"];
    }
  }

  /**
   * Returns the same as `#forward`, but applies the events when an inode is looked at that they concern: a jump looks at
   * few, and each that an event concerns must be loaded. Returns undefined if there are too many.
   */
  #later(start: Tree, from: Seq, to: Seq): Tree | undefined {
    if (to - from > mostLater) return undefined;
    const events = this.#journal.events((from + 1) as Seq, to);
    return laterTree(start, events, (some) => this.#applied(start, some));
  }

  #forward(start: Tree, from: Seq, to: Seq): Tree {
    let tree = start;
    for (let first = from + 1; first <= to; first += batchEvents) {
      const last = Math.min(to, first + batchEvents - 1);
      tree = this.#applied(tree, this.#journal.events(first as Seq, last as Seq));
    }
    return tree;
  }

  #applied(tree: Tree, events: readonly Event[]): Tree {
    const readTape = tapeOf(this.#journal);
    return this.#immer.produce(tree, (draft) => {
      for (const event of events) apply(draft, event, readTape);
    });
  }

  #keep(known: Known): Tree {
    const others = this.#known.filter((one) => one.seq !== known.seq);
    let { events } = known;
    let first = others.length;
    for (; first > 0; first -= 1) {
      const kept = others.length - first + 1;
      events += others[first - 1]?.events ?? 0;
      // States that live long are expensive to collect.
      if (kept >= mostStates || (kept >= leastStates && events > mostKeptEvents)) break;
    }
    this.#known = [...others.slice(first), known];
    return known.tree;
  }

  /** Tells whether stored states are missing or damaged. */
  #isIncomplete(): boolean {
    if (this.#storing === "refused") return false;
    this.#stored.refresh();
    return this.#stored.isDamaged || this.#missing() > farEvents;
  }

  #reason(): Rebuild["why"] {
    if (!this.#stored.isDamaged) return "missing";
    if (this.#stored.isForeign) return "foreign";
    return this.#stored.isOutdated ? "outdated" : "damaged";
  }

  /** Counts the events after the last stored state. */
  #missing(): number {
    return this.#journal.digest().seq - this.#stored.last;
  }

  /** Stores the missing snapshots if possible, for a reader too: they are no part of the events. */
  prepare(): "done" | "refused" {
    if (!this.#isIncomplete()) return this.#storing === "refused" ? "refused" : "done";
    const all = this.#stored.isDamaged
      ? this.#journal.digest().seq - baseSeq(this.#journal)
      : this.#missing();
    const { onRebuild, onRebuilding = () => {} } = this.#options;
    onRebuild?.({ why: this.#reason(), events: all });
    try {
      if (this.#stored.isDamaged) this.#stored.clear();
      const writer = new SnapshotWriter(this.#journal, { snapshots: this.#snapshots });
      const first = writer.seq;
      writer.advance(undefined, (seq) => onRebuilding(Math.min(seq - first, all), all));
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#storing = "refused";
    } finally {
      onRebuilding(all, all);
    }
    this.#stored.reset();
    return this.#storing === "refused" ? "refused" : "done";
  }
}
