import type { Journal, Seq, SnapshotStore, StoredSnapshot } from "../../../journal/index.ts";
import { baseSeq, baseStart } from "./beginning.ts";
import { batchEvents } from "./events.ts";
import { SnapshotMaker } from "./maker.ts";
import { storeOf } from "./store.ts";
import { StoredStates } from "./stored-states.ts";

/** Snapshots stand at least this many events apart: a state is that many events of work away at most. */
const leastEvents = 256;
const mostEvents = 65_536;
/** Share of the journal that snapshots may take: below it whole states are stored, above it they stand further apart. */
const share = 0.17;
/**
 * A new whole state is stored when the changes since the last one outweigh it so many times and there is room, or when
 * they are too many to be read at once.
 */
const fullWeight = 2;
const leastFullBytes = 65_536;
const mostIncrements = 2_048;
/** How many are stored at once; then the spacing is looked at. */
const flushEvery = 16;

/** The whole state that increments are added to. */
interface OpenGroup {
  readonly seq: Seq;
  readonly bytes: number;
  increments: number;
  incrementBytes: number;
}

export interface SnapshotOptions {
  /** Events from one snapshot to the next, at least. */
  readonly leastEvents?: number;
  /** Snapshots that build on one whole state, at most. */
  readonly mostIncrements?: number;
  /** Where they go; where the journal keeps its own unless given. */
  readonly snapshots?: SnapshotStore;
}

/**
 * Stores snapshots of a journal behind those that it has, a little at a time: for a thread that no guest waits for.
 */
export class SnapshotWriter {
  readonly #journal: Journal;
  readonly #snapshots: SnapshotStore;
  readonly #maker: SnapshotMaker;
  readonly #leastEvents: number;
  readonly #mostIncrements: number;
  #group: OpenGroup | undefined;
  #spacing: number;
  #made = 0;
  /** What was made and is not stored yet. */
  #waiting: (StoredSnapshot & { readonly bytes: Uint8Array })[] = [];
  #pages: Uint8Array[] = [];
  #storedLast: Seq;
  #isOvertaken = false;
  /** Something is stored that was not made from these events by this user, or is of events that are not there. */
  #isForeign: boolean;
  /** Sizes when they were last asked for, which takes time, and what was added since. */
  #sizes: ReturnType<SnapshotStore["sizes"]> | undefined;
  #added = 0;
  /** Of the snapshots since spacing was last looked at. */
  #recent = { events: 0, bytes: 0 };

  constructor(journal: Journal, options: SnapshotOptions = {}) {
    this.#journal = journal;
    this.#snapshots = options.snapshots ?? storeOf(journal);
    this.#leastEvents = options.leastEvents ?? leastEvents;
    this.#mostIncrements = options.mostIncrements ?? mostIncrements;
    this.#spacing = this.#leastEvents;
    const found = new StoredStates(journal, this.#snapshots).resume();
    this.#isForeign = this.#snapshots.last() !== (found?.moment.seq ?? baseSeq(journal));
    const resumed = this.#isForeign ? undefined : found;
    this.#maker = new SnapshotMaker(resumed ?? baseStart(journal));
    this.#storedLast = this.#snapshots.last();
    this.#group = resumed?.group;
  }

  /** Seq up to which events have been looked at. */
  get seq(): Seq {
    return this.#maker.seq;
  }

  /**
   * Goes on for at most `events` events that are committed. Tells whether there are more. Done too where another has
   * stored meanwhile: what that one stores is as good. Throws JournalError, and may then be thrown away.
   */
  advance(events = Number.POSITIVE_INFINITY): "more" | "done" {
    const maker = this.#maker;
    if (this.#isForeign) {
      this.#snapshots.clear();
      this.#storedLast = this.#snapshots.last();
      this.#isForeign = false;
    }
    const end = Math.min(this.#journal.digest().seq, maker.seq + events);
    while (maker.seq < end && !this.#isOvertaken) {
      const last = Math.min(end, maker.seq + batchEvents, maker.last + this.#spacing) as Seq;
      for (const event of this.#journal.events((maker.seq + 1) as Seq, last)) maker.take(event);
      if (maker.seq - maker.last >= this.#spacing) this.#make();
    }
    this.#flush();
    const isDone = this.#isOvertaken || maker.seq >= this.#journal.digest().seq;
    return isDone ? "done" : "more";
  }

  #make(): void {
    const group = this.#group;
    if (group === undefined || this.#isFullDue(group)) this.#makeFull();
    else this.#makeIncrement(group);
    this.#made += 1;
    if (this.#made % flushEvery !== 0) return;
    this.#flush();
    this.#adapt();
  }

  /** Stores what was made, in one short transaction: a writer may be waiting to commit. */
  #flush(): void {
    if (this.#waiting.length === 0) return;
    this.#snapshots.transact(() => {
      this.#isOvertaken ||= this.#snapshots.last() !== this.#storedLast;
      if (this.#isOvertaken) return;
      for (const page of this.#pages) this.#snapshots.putPage(page);
      for (const { seq, base, bytes } of this.#waiting) {
        const stored = this.#snapshots.put({ seq, base }, bytes);
        this.#added += stored;
        if (seq !== base) this.#recent.bytes += stored;
      }
    });
    if (this.#pages.length > 0) {
      this.#sizes = undefined;
      this.#added = 0;
    }
    this.#storedLast = this.#maker.last;
    this.#waiting = [];
    this.#pages = [];
  }

  #isFullDue(group: OpenGroup): boolean {
    if (group.increments >= this.#mostIncrements) return true;
    if (group.incrementBytes < Math.max(fullWeight * group.bytes, leastFullBytes)) return false;
    // A whole state takes about half of its bytes: many of them are names.
    const { snapshots, allowed } = this.#budget();
    return snapshots + Math.max(group.bytes, group.incrementBytes / 4) / 2 < allowed;
  }

  #makeFull(): void {
    const { seq } = this.#maker;
    let total = 0;
    const bytes = this.#maker.full((page) => {
      total += page.length;
      this.#pages.push(page);
      return this.#snapshots.digest(page);
    });
    this.#waiting.push({ seq, base: seq, bytes });
    this.#group = { seq, bytes: total, increments: 0, incrementBytes: 0 };
    this.#flush();
  }

  #makeIncrement(group: OpenGroup): void {
    const { seq, last } = this.#maker;
    const bytes = this.#maker.increment();
    this.#waiting.push({ seq, base: group.seq, bytes });
    this.#recent.events += seq - last;
    group.increments += 1;
    group.incrementBytes += bytes.length;
  }

  /** Spaces snapshots further apart where they take too much: then more of the events concern the same inodes. */
  #adapt(): void {
    const { events, bytes } = this.#recent;
    const allowed = (events * this.#budget().allowed) / this.#maker.seq;
    this.#recent = { events: 0, bytes: 0 };
    if (bytes > allowed) this.#spacing = Math.min(mostEvents, this.#spacing * 2);
    else if (bytes < allowed / 2) this.#spacing = Math.max(this.#leastEvents, this.#spacing / 2);
  }

  /** Bytes that snapshots take, and that they may take by now. */
  #budget(): { readonly snapshots: number; readonly allowed: number } {
    const { snapshots, journal } = (this.#sizes ??= this.#snapshots.sizes());
    const others =
      Math.max(0, journal - snapshots) * (this.#maker.seq / this.#journal.digest().seq);
    return { snapshots: snapshots + this.#added, allowed: (others * share) / (1 - share) };
  }
}
