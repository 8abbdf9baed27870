import type { Journal, Seq, SnapshotStore, StoredSnapshot } from "../../../journal/index.ts";
import { baseSeq, baseStart } from "./beginning.ts";
import { batchEvents } from "./events.ts";
import { encodeFrame, isFrameFull } from "./frame.ts";
import { IndexMaker } from "./index-maker.ts";
import { tapeOf } from "./read-tape.ts";
import { SnapshotMaker } from "./maker.ts";
import { storeOf } from "./store.ts";
import { StoredStates } from "./stored-states.ts";

/** The least number of events between snapshots, and so the most that a state is usually away. */
const leastEvents = 32;
/** The most, where many of the events between two snapshots concern the same inodes. */
const mostEvents = 1_024;
/** The spacing is adapted after so many events. */
const leastAdapted = 2_048;
/**
 * Snapshots that are further apart are hardly smaller where each event is on another inode: the most inodes in them, for
 * each event.
 */
const mostDistinct = 0.6;
/**
 * The share of the journal that snapshots may take: below it full snapshots are stored, above it snapshots are further
 * apart.
 */
const share = 0.17;
/**
 * A new full snapshot is due when the increments since the last one outweigh it by this factor and there is room, or
 * when there are too many to read at once.
 */
const fullWeight = 2;
const leastFullBytes = 65_536;
const mostIncrements = 65_536;

/** The snapshot group that increments are added to. */
interface OpenGroup {
  readonly seq: Seq;
  readonly bytes: number;
  increments: number;
  incrementBytes: number;
}

export interface SnapshotOptions {
  /** The least number of events between snapshots. */
  readonly leastEvents?: number;
  /** The most increments on one full snapshot. */
  readonly mostIncrements?: number;
  /** Tells whether groups get an index: "none" for a store whose readers fetch all frames at once. Default: "stored". */
  readonly index?: "stored" | "none";
  /** The store to use. Default: the journal's own store. */
  readonly snapshots?: SnapshotStore;
}

/** Stores the snapshots that a journal lacks, a little at a time, in a thread that no guest waits for. */
export class SnapshotWriter {
  readonly #journal: Journal;
  readonly #snapshots: SnapshotStore;
  readonly #maker: SnapshotMaker;
  readonly #leastEvents: number;
  readonly #mostIncrements: number;
  #group: OpenGroup | undefined;
  #spacing: number;
  /** A full snapshot that is made and not stored yet, with its pages. */
  #full: (StoredSnapshot & { readonly bytes: Uint8Array }) | undefined;
  #pages: Uint8Array[] = [];
  /** The increments of the last frame, which is stored anew until it is full. */
  #frame: Uint8Array[];
  /** The number of them that are not stored. */
  #unstored = 0;
  #storedLast: Seq;
  readonly #isIndexed: boolean;
  readonly #indexMaker = new IndexMaker();
  /** The digests of the parts of the group's index; undefined if the group has none. */
  #index: string[] | undefined;
  /** Tells whether the last frame, which is not stored, completes a part. */
  #isPartComplete = false;
  #isOvertaken = false;
  /** Set if a stored snapshot is another user's, of other events, or past the end. */
  #isForeign: boolean;
  /** The sizes when they were last read, which takes time, and the bytes that were added since. */
  #sizes: ReturnType<SnapshotStore["sizes"]> | undefined;
  #added = 0;
  /** Counts since the spacing was last adapted. */
  #recent = { events: 0, touched: 0, bytes: 0 };

  constructor(journal: Journal, options: SnapshotOptions = {}) {
    this.#journal = journal;
    this.#snapshots = options.snapshots ?? storeOf(journal);
    this.#leastEvents = options.leastEvents ?? leastEvents;
    this.#mostIncrements = options.mostIncrements ?? mostIncrements;
    this.#isIndexed = options.index !== "none";
    this.#spacing = this.#leastEvents;
    const found = new StoredStates(journal, this.#snapshots).resume();
    const folded = baseSeq(journal);
    const last = Math.max(this.#snapshots.last(), folded);
    this.#isForeign = last !== (found?.moment.seq ?? folded);
    const resumed = this.#isForeign ? undefined : found;
    this.#maker = new SnapshotMaker(resumed ?? baseStart(journal), tapeOf(journal));
    this.#storedLast = this.#snapshots.last();
    this.#group = resumed?.group;
    this.#frame = [...(resumed?.frame ?? [])];
    const index = this.#isIndexed ? resumed?.index : undefined;
    this.#index = index === undefined ? undefined : [...index.digests];
    for (const frame of index?.frames ?? []) this.#indexMaker.take(frame);
  }

  /** The last event that was taken. */
  get seq(): Seq {
    return this.#maker.seq;
  }

  /**
   * Continues for at most `events` committed events, and tells whether there are more. It is also done if another
   * process has stored snapshots meanwhile, since those are as good. Calls `onTaken` often, with the last event that was
   * taken. Throws JournalError, and must not be used after that.
   */
  advance(
    events = Number.POSITIVE_INFINITY,
    onTaken: (seq: Seq) => void = () => {},
  ): "more" | "done" {
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
      onTaken(maker.seq);
    }
    this.#flush();
    const isDone = this.#isOvertaken || maker.seq >= this.#journal.digest().seq;
    return isDone ? "done" : "more";
  }

  #make(): void {
    const group = this.#group;
    if (group === undefined || this.#isFullDue(group)) this.#makeFull();
    else this.#makeIncrement(group);
  }

  /** Stores the new snapshots in one short transaction, as a writer may be waiting to commit. */
  #flush(): void {
    const [full, group, seq] = [this.#full, this.#group, this.#maker.last];
    if (seq === this.#storedLast) return;
    this.#snapshots.transact(() => {
      this.#isOvertaken ||= this.#snapshots.last() !== this.#storedLast;
      if (this.#isOvertaken) return;
      for (const page of this.#pages) this.#snapshots.putPage(page);
      if (full !== undefined) this.#snapshots.put(full, full.bytes);
      else if (group !== undefined) {
        const shorter = this.#frame.length > this.#unstored ? this.#storedLast : undefined;
        const bytes = encodeFrame(this.#frame, this.#isPartComplete ? this.#index : []);
        const stored = this.#snapshots.put({ seq, base: group.seq }, bytes, shorter);
        const share = this.#unstored / this.#frame.length;
        this.#added += stored * share;
        this.#recent.bytes += stored * share;
      }
    });
    if (full !== undefined) {
      this.#sizes = undefined;
      this.#added = 0;
    }
    this.#storedLast = seq;
    this.#unstored = 0;
    this.#isPartComplete = false;
    this.#full = undefined;
    this.#pages = [];
  }

  #isFullDue(group: OpenGroup): boolean {
    if (group.increments >= this.#mostIncrements) return true;
    if (group.incrementBytes < Math.max(fullWeight * group.bytes, leastFullBytes)) return false;
    // A full snapshot compresses to about half of its bytes, as many of them are names.
    const { snapshots, allowed } = this.#budget();
    return snapshots + Math.max(group.bytes, group.incrementBytes / 4) / 2 < allowed;
  }

  #makeFull(): void {
    this.#flush();
    const { seq } = this.#maker;
    let total = 0;
    const bytes = this.#maker.full((page) => {
      total += page.length;
      this.#pages.push(page);
      return this.#snapshots.digest(page);
    });
    this.#full = { seq, base: seq, bytes };
    this.#group = { seq, bytes: total, increments: 0, incrementBytes: 0 };
    this.#frame = [];
    this.#index = this.#isIndexed ? [] : undefined;
    this.#indexMaker.begin();
    this.#flush();
  }

  #makeIncrement(group: OpenGroup): void {
    const { seq, last, touched } = this.#maker;
    if (isFrameFull(this.#frame)) this.#frame = [];
    const bytes = this.#maker.increment();
    this.#frame.push(bytes);
    this.#unstored += 1;
    this.#recent.events += seq - last;
    this.#recent.touched += touched;
    group.increments += 1;
    group.incrementBytes += bytes.length;
    if (!isFrameFull(this.#frame)) return;
    this.#addToIndex();
    this.#flush();
    this.#adapt();
  }

  /** Adds the last frame, which is full, to the group's index. */
  #addToIndex(): void {
    if (this.#index === undefined) return;
    const part = this.#indexMaker.take(encodeFrame(this.#frame));
    if (part === undefined) return;
    this.#pages.push(part);
    this.#index.push(this.#snapshots.digest(part));
    this.#isPartComplete = true;
    // It compresses to about half of its bytes.
    this.#added += part.length / 2;
  }

  /** Spaces snapshots further apart if they take too much, and would take less: more events concern the same inodes. */
  #adapt(): void {
    const { events, touched, bytes } = this.#recent;
    if (events < leastAdapted) return;
    const allowed = (events * this.#budget().allowed) / this.#maker.seq;
    this.#recent = { events: 0, touched: 0, bytes: 0 };
    if (bytes < allowed / 2) this.#spacing = Math.max(this.#leastEvents, this.#spacing / 2);
    else if (bytes > allowed && touched < mostDistinct * events)
      this.#spacing = Math.min(mostEvents, this.#spacing * 2);
  }

  /** Returns the bytes that snapshots take, and the bytes that they may take by now. */
  #budget(): { readonly snapshots: number; readonly allowed: number } {
    const { snapshots, journal } = (this.#sizes ??= this.#snapshots.sizes());
    const others =
      Math.max(0, journal - snapshots) * (this.#maker.seq / this.#journal.digest().seq);
    return { snapshots: snapshots + this.#added, allowed: (others * share) / (1 - share) };
  }
}
