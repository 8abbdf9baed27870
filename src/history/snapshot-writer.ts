import {
  type Event,
  type Journal,
  type Seq,
  type Snapshots,
  openSnapshots,
} from "../../journal/index.ts";
import { type MutableTree, apply, emptyTree } from "../fs/index.ts";
import { batchEvents } from "./events.ts";
import { type Moment, encodeBase, encodeDelta, leafInodes } from "./snapshot-blob.ts";
import { type TouchedInodes, touch } from "./snapshot-touched.ts";
import { StoredStates } from "./stored-states.ts";

/** Snapshots stand at least this many events apart: a state is that many events of work away at most. */
const leastEvents = 1_500;
const mostEvents = 65_536;
/** Share of the journal that snapshots may take: below it whole states are stored, above it they stand further apart. */
const share = 0.17;
/**
 * A new whole state is stored when the changes since the last one outweigh it so many times and there is room, or when
 * they are too many to be read at once.
 */
const baseWeight = 2;
const leastBaseBytes = 65_536;
const mostDeltas = 1_024;
/** How often sizes are asked for, in snapshots. */
const sizesEvery = 8;

/** The whole state that deltas are added to. */
interface OpenBase {
  readonly seq: Seq;
  readonly bytes: number;
  deltas: number;
  deltaBytes: number;
}

/**
 * Stores snapshots of a journal behind those that it has, a little at a time: for a thread that no guest waits for. The
 * same events and places give the same bytes.
 */
export class SnapshotWriter {
  readonly #journal: Journal;
  readonly #snapshots: Snapshots;
  #tree: MutableTree;
  #touched: TouchedInodes = new Map();
  #at: Moment;
  /** The moment of the last snapshot. */
  #last: Moment;
  #base: OpenBase | undefined;
  /** By leaf of the inode table: the snapshot in which it last changed. */
  #changed = new Map<number, Seq>();
  #spacing = leastEvents;
  #stored = 0;

  constructor(journal: Journal, snapshots = openSnapshots(journal)) {
    this.#journal = journal;
    this.#snapshots = snapshots;
    const resumed = new StoredStates(journal, snapshots).resume();
    const start = { seq: 0 as Seq, time: 0n, tapeLength: 0, tapeBefore: 0 };
    this.#tree = resumed?.tree ?? emptyTree();
    this.#last = resumed?.moment ?? start;
    this.#at = this.#last;
    this.#base = resumed?.base;
    for (const [leaf, seq] of resumed?.versions.entries() ?? []) this.#changed.set(leaf, seq);
  }

  /** Seq up to which events have been looked at. */
  get seq(): Seq {
    return this.#at.seq;
  }

  /**
   * Goes on for at most `events` events that are committed. Tells whether there are more. Throws JournalError, and may
   * then be thrown away.
   */
  advance(events = Number.POSITIVE_INFINITY): "more" | "done" {
    const end = Math.min(this.#journal.digest().seq, this.#at.seq + events);
    while (this.#at.seq < end) {
      const last = Math.min(end, this.#at.seq + batchEvents, this.#last.seq + this.#spacing) as Seq;
      for (const event of this.#journal.events((this.#at.seq + 1) as Seq, last)) this.#take(event);
      if (this.#at.seq - this.#last.seq >= this.#spacing) this.#store();
    }
    return this.#at.seq < this.#journal.digest().seq ? "more" : "done";
  }

  #take(event: Event): void {
    touch(this.#touched, this.#tree, event);
    apply(this.#tree, event);
    this.#at = {
      seq: event.seq,
      time: event.time,
      tapeLength: this.#at.tapeLength + (event.kind === "write" ? event.length : 0),
      tapeBefore: this.#last.tapeLength,
    };
  }

  #store(): void {
    const { seq } = this.#at;
    for (const ino of this.#touched.keys()) this.#changed.set(Math.floor(ino / leafInodes), seq);
    const base = this.#base;
    if (base === undefined || this.#isBaseDue(base)) this.#storeBase();
    else this.#storeDelta(base);
    this.#last = this.#at;
    this.#touched = new Map();
    this.#stored += 1;
    if (this.#stored % sizesEvery === 0) this.#adapt();
  }

  #isBaseDue(base: OpenBase): boolean {
    if (base.deltas >= mostDeltas) return true;
    if (base.deltaBytes < Math.max(baseWeight * base.bytes, leastBaseBytes)) return false;
    // A whole state takes about half of its bytes: many of them are names.
    const { snapshots, allowed } = this.#budget();
    return snapshots + Math.max(base.bytes, base.deltaBytes / 4) / 2 < allowed;
  }

  #storeBase(): void {
    const { seq } = this.#at;
    let total = 0;
    this.#snapshots.transact(() => {
      const bytes = encodeBase(this.#tree, this.#at, this.#changed, (page) => {
        total += page.length;
        return this.#snapshots.putPage(page);
      });
      this.#snapshots.put({ seq, base: seq }, bytes);
    });
    this.#base = { seq, bytes: total, deltas: 0, deltaBytes: 0 };
  }

  #storeDelta(base: OpenBase): void {
    const bytes = encodeDelta(this.#tree, this.#at, this.#touched);
    this.#snapshots.transact(() => {
      this.#snapshots.put({ seq: this.#at.seq, base: base.seq }, bytes);
    });
    base.deltas += 1;
    base.deltaBytes += bytes.length;
  }

  /** Spaces snapshots so that they stay in proportion to the rest of the journal. */
  #adapt(): void {
    const { snapshots, allowed } = this.#budget();
    if (snapshots > allowed) this.#spacing = Math.min(mostEvents, this.#spacing * 2);
    else if (snapshots < allowed * 0.9) {
      this.#spacing = Math.max(leastEvents, this.#spacing / 2);
    }
  }

  /** Bytes that snapshots take, and that they may take by now. */
  #budget(): { readonly snapshots: number; readonly allowed: number } {
    const { snapshots, journal } = this.#snapshots.sizes();
    const others = Math.max(0, journal - snapshots) * (this.#at.seq / this.#journal.digest().seq);
    return { snapshots, allowed: (others * share) / (1 - share) };
  }
}
