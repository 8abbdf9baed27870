import type { Seq } from "../format/event.ts";
import type { TapeSpan } from "../format/redaction.ts";

/**
 * Puts rows into a journal's file just before they are read, for a file that holds only a part of them: journal/DESIGN.md,
 * "A journal whose rows are elsewhere". Each call returns when the rows are there, or throws JournalError. It may bring
 * more than it was asked for, and is asked again for what it brought. Ranges may reach beyond what there is. No call
 * comes while a statement or a transaction of the reader is open.
 */
export interface RowSource {
  /** Brings events first..last with their places and moves. */
  events(first: number, last: number): void;
  /** Brings the events with these seqs, likewise. */
  eventsAt(seqs: readonly number[]): void;
  /**
   * Brings some events of first..last, as many as are fetched well together: from `first` on, or with "reverse" down from
   * `last`. Returns the seq up to which they are there, in that direction.
   */
  someEvents(first: number, last: number, order: "forward" | "reverse"): number;
  /** Brings all events that tell of processes. */
  processes(): void;
  /** Brings the events first..last that are renames and replaced an inode, with their rows in `moved`. */
  replacements(ino: number, first: number, last: number): void;
  /** Brings the rows of `place` with the ids first..last. */
  places(first: number, last: number): void;
  /** Brings the rows of `place` with these ids. */
  placesAt(ids: readonly number[]): void;
  /** Brings the parts first..last of a list of the index. */
  postings(list: number, first: number, last: number): void;
  /** Returns the numbers of the written parts of a list, ascending. Brings nothing. */
  partsOf(list: number): readonly number[];
  /** Brings the segments that have a byte of one of these spans of the tape. */
  tape(spans: readonly TapeSpan[]): void;
  /** Brings the retained spans before a base that have a byte from `start` up to `end`. */
  retained(start: number, end: number): void;
  /** Brings the bytes of these stored snapshots; with `upTo`, likely events between the last of them and that one, too. */
  snapshots(seqs: readonly Seq[], upTo?: Seq): void;
  /**
   * Brings the pages of full snapshots with these digests (32 hex digits); if one of them has to be brought, some of
   * `likely`, too, the first of them first.
   */
  snapshotPages(digests: readonly string[], likely?: Iterable<string>): void;
  /** Is told that the bytes of a snapshot or a page that are here are damaged: the next question brings them again, once. */
  isDamaged?(row: { readonly snapshot: Seq } | { readonly page: string }): void;
  /** Brings the bytes of the base and all its pages. */
  base(): void;
  /**
   * Narrows a search for the first event of first..last that is past something: whose time is later than `time`, or after
   * which the tape is longer than `tape`. No event before the range that it returns is past it, and the last one in the
   * range is, unless it is `last`. Brings nothing.
   */
  narrow(past: SearchTarget, first: number, last: number): SeqRange;
  /** Returns about the last seq whose event happened at or before a time; at most some thousands off. Brings nothing. */
  near(time: bigint): number;
  /** Returns a number that changes whenever there is more to read. */
  version(): number;
  /** Is told that nothing is asked any more. */
  close?(): void;
}

/** A time in nanoseconds since the epoch, or a position on the tape. */
export type SearchTarget = { readonly time: bigint } | { readonly tape: number };

/** Events first..last. */
export interface SeqRange {
  readonly first: number;
  readonly last: number;
}
