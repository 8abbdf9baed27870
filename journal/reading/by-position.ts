import type { Event, Seq } from "../format/event.ts";
import type { RowSource, SearchTarget } from "../interface/row-source.ts";
import { firstWhere } from "../interface/search.ts";
import type { Sequence } from "./sequence.ts";
import type { Stored } from "./stored.ts";

/** Finds events by a time, or by a position on the tape, which never decrease from one to the next. */
export interface ByPosition {
  /** See Journal. */
  seqAtTime(time: bigint): Seq;
  /** Answers about the same where the rows are elsewhere: at most some thousands off, and exact in a short journal. */
  seqNearTime(from: RowSource, time: bigint): Seq;
  /** Returns the event that wrote a byte of the tape; undefined if none did, or it is folded. */
  writer(position: number): Event | undefined;
}

/** A search among at most so many events has them brought together. */
const mostSearched = 4_096;

/** `rows` brings rows that are not in the file; without it, all are. */
export function openByPosition(
  sequence: Sequence,
  stored: Stored,
  rows: RowSource | undefined,
): ByPosition {
  /** Returns the first seq from `first` on for which `isPast` holds, as for all after it. */
  function firstPast(
    target: SearchTarget,
    first: number,
    isPast: (seq: Seq) => boolean,
  ): Seq | undefined {
    const head = sequence.head();
    const range = rows?.narrow(target, first, head) ?? { first, last: head };
    if (rows !== undefined && range.last - range.first < mostSearched)
      rows.events(range.first, range.last);
    return firstWhere(range.first, range.last, (seq) => isPast(seq as Seq)) as Seq | undefined;
  }

  function seqAtTime(time: bigint): Seq {
    const base = stored.base();
    if (base !== undefined && time < base.time) return 0 as Seq;
    const after = firstPast({ time }, (base?.seq ?? 0) + 1, (seq) => sequence.time(seq) > time);
    return (after === undefined ? sequence.head() : after - 1) as Seq;
  }

  return {
    seqAtTime,
    seqNearTime(from, time) {
      const head = sequence.head();
      if (head > mostSearched) return Math.min(Math.max(from.near(time), 0), head) as Seq;
      from.events(1, head);
      return seqAtTime(time);
    },
    writer(position) {
      const { seq: first = 0, tape = 0 } = stored.base() ?? {};
      if (position < tape) return undefined;
      const seq = firstPast(
        { tape: position },
        first + 1,
        (one) => sequence.tapeLength(one) > position,
      );
      return seq === undefined || position < 0 ? undefined : sequence.event(seq);
    },
  };
}
