import type { Base, StoredBase } from "../format/base.ts";
import type {
  Draft,
  Event,
  Kind,
  Plain,
  RunNumber,
  RunStart,
  Seq,
  TapePosition,
} from "../format/event.ts";
import type { RedactedSpan, TapeSpan } from "../format/redaction.ts";
import type { Fetched, PromisedFile } from "../format/promise.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/** The failures that acknowledged events survive: see journal/DESIGN.md, section 5. */
export type Durability = "process" | "batch" | "power";

/** A run, open or ended. `first` and `last` are the seqs of its first event (its run-start) and its last so far. */
export interface Run {
  readonly run: RunNumber;
  readonly start: RunStart & { readonly time: bigint };
  readonly end?: { readonly exit: number; readonly reason?: string; readonly time: bigint };
  readonly first: Seq;
  readonly last: Seq;
}

/** The selection of `query`; every field narrows it. Paths are exact texts (expand a glob with `paths` first). */
export interface Query {
  readonly first?: number;
  readonly last?: number;
  readonly run?: number;
  readonly kinds?: ReadonlySet<Kind>;
  /** Events on, from or to any of these paths. */
  readonly paths?: readonly string[];
  /** Events that touched this inode, under any of its names, as the object or as what a rename replaced. */
  readonly ino?: number;
  readonly order?: "forward" | "reverse";
}

/** Places, each an inode under one of its paths, that were chosen by their paths. */
export interface ChosenPlaces {
  readonly size: number;
  /** Tells whether a path is chosen. */
  holds(path: string): boolean;
}

/** The selection of `seqs`; every field narrows it. */
export interface SeqQuery extends Pick<Query, "run" | "kinds"> {
  readonly first: number;
  readonly last: number;
  /** Events on, from or to any of these places, as this journal chose them. */
  readonly places?: ChosenPlaces;
}

/** A journal as a reader sees it: everything committed, and for its writer also what it has taken since. */
export interface Journal {
  /** The file's path as it was given; ":memory:" for one in memory. */
  readonly file: string;
  /** Random, made with the journal; 32 hex digits. */
  readonly id: string;
  /** Seq of the last event, 0 when empty. */
  head(): Seq;
  /** Length of the tape after event `seq`. */
  tapeLength(seq: number): number;
  /** SHA-256 chain value (hex) of the last commit, and the seq it covers up to. */
  digest(): { readonly seq: Seq; readonly digest: string };
  /** The event at `seq`, or undefined past the end. */
  event(seq: number): Event | undefined;
  /** Events first..last (both included), in order; clipped to what exists. */
  events(first: number, last: number): Event[];
  /** Lazily, by index; never holds more than a page of events. */
  query(query: Query): IterableIterator<Event>;
  /**
   * Chooses the places whose path `holds`, and pauses after each few thousand. Absent, as `seqs`, where a journal has
   * nothing that is quicker than to make the events.
   */
  choosePlaces?(holds: (path: string) => boolean): Generator<undefined, ChosenPlaces>;
  /** The seqs of the events that this selects, in order. Makes no events: an index and columns of numbers tell. */
  seqs?(query: SeqQuery): Seq[];
  /** All distinct paths in the journal, in byte order, those that are no UTF-8 behind the others; lazily. */
  paths(): IterableIterator<string>;
  runs(): Run[];
  run(run: number): Run | undefined;
  /** The latest mark of this name; undefined also where it is deleted. */
  mark(name: string): Seq | undefined;
  /** Every mark that was ever set or deleted: see `deletedMark`. */
  marks(): { readonly name: string; readonly at: Seq; readonly seq: Seq }[];
  /**
   * Last seq whose event happened at or before `time` (nanoseconds since the epoch); 0 when none did, or none that is
   * left.
   */
  seqAtTime(time: bigint): Seq;
  /**
   * About the same, where the exact answer would have to be fetched: at most some thousands off, and exact in a short
   * journal. Absent where `seqAtTime` costs nothing.
   */
  seqNearTime?(time: bigint): Seq;
  /** The `write` event that put the byte at this tape position, unless it is folded. Binary search, no replay. */
  writer(position: number): Event | undefined;
  /**
   * Copies `length` bytes from the tape into `target` at `at`. Throws JournalError when they are not there ("unread" for
   * promised ones that were never read).
   */
  readTape(position: number, length: number, target: Uint8Array, at?: number): void;
  /** Is told which spans of the tape are read next, to fetch them at once. Absent where all bytes are here. */
  expectTape?(spans: readonly TapeSpan[]): void;
  /**
   * Returns the file whose bytes a listing promised at this position; undefined if none did. Absent in a journal that
   * cannot hold listings.
   */
  promised?(position: number): PromisedFile | undefined;
  /** Returns the first position that was never promised. */
  promisedEnd?(): TapePosition;
  /** Returns the fetch that brought the promised byte at this position; undefined if none did. */
  fetched?(position: number): Fetched | undefined;
  /** Returns the beginning of a compacted journal: of the events up to there only runs and marks are left. */
  base(): Base | undefined;
  /** The state that it begins with, where it has a base. It is no cache: where it is damaged, nothing else tells of it. */
  storedBase?(): StoredBase;
  /** Returns the retained spans of the tape before a base that have a byte from `start` up to `end`, in order. */
  retained(start: number, end: number): TapeSpan[];
  /** The redacted spans that have a byte from `start` up to `end` of the tape, in order. */
  redacted(start: number, end: number): RedactedSpan[];
  /**
   * The states that are stored beside the events, so that none need be made from all of them. Absent where a journal
   * has no such place: then they are kept in memory. The same one with each call.
   */
  snapshots?(): SnapshotStore;
  /** Changes whenever another connection committed: cheap, for followers. */
  version(): number;
  close(): void;
}

/** Records events as they happen. */
export interface Recorder {
  /** Seq of the last event, 0 when there is none. */
  head(): Seq;
  /**
   * Takes a fact: gives it seq, time and run, and (for a write) its place on the tape, and hands it to the operating
   * system as the durability asks. `payload` is the bytes of a write: the journal copies what it keeps.
   * Throws JournalError ("full", "io") and leaves the journal as it was when it cannot.
   * "run-start" opens a run, "run-end" closes it; mutations outside a run are a programming error.
   */
  append(draft: Plain<Draft>, payload?: Uint8Array): Event;
  /** Commits what was taken, so that readers see it. */
  commit(): void;
  /** Returns when all that was taken is on disk. */
  sync(): void;
  /**
   * Makes sure that promised bytes are on the tape, and fetches them where they are not, in the run that is open. Throws
   * JournalError; a guest's also for bytes that cannot be had. `onFetch` is called with the event of each fetch. Absent
   * where nothing is fetched.
   */
  readonly bring?: (
    this: void,
    position: number,
    length: number,
    onFetch?: (event: Event) => void,
  ) => void;
  promisedEnd?(): TapePosition;
  readTape: Journal["readTape"];
}

/** The one writer of a journal. */
export interface JournalWriter extends Journal, Recorder {
  readonly durability: Durability;
  /** The number of events that opening took over from the redo log of a killed writer. */
  readonly recovered: number;
  readTape: Journal["readTape"];
}

/** Why a journal cannot do something. */
export type JournalCode =
  | "missing"
  | "not-a-journal"
  | "newer"
  | "locked"
  | "read-only"
  | "full"
  | "io"
  | "damaged"
  /** Bytes that a listing promised were never read from the host, or are not what they were. */
  | "unread"
  /** A file beside it, or the journal, is not what it must be to be opened: a link, a pipe, another user's. */
  | "unsafe";

/** Anything a journal cannot do. `hint` says what the user can do next. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code: JournalCode;
  readonly hint: string | undefined;

  constructor(
    code: JournalCode,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}
