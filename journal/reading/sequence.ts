import type { Event, RunNumber, Seq } from "../format/event.ts";
import type { Query } from "../interface/journal.ts";
import { matches } from "./query.ts";
import type { Stored } from "./stored.ts";

/** The events that a writer has taken and not committed, in order, and the tape's length after each. */
export interface Pending {
  readonly events: readonly Event[];
  readonly tapeLengths: readonly number[];
}

/** The events of a journal in their order: first the committed ones, then the pending ones. */
export interface Sequence {
  head(): Seq;
  event(seq: Seq): Event | undefined;
  events(first: Seq, last: Seq): Event[];
  tapeLength(seq: Seq): number;
  time(seq: Seq): bigint;
  /** Returns the run-starts, run-ends and marks. */
  controls(): Event[];
  /** Reads up to the head of the moment when it began, so that an event that is committed meanwhile comes once. */
  query(wanted: Query): IterableIterator<Event>;
  /** Returns the last event of a run before another one. */
  lastOf(run: RunNumber, before: Seq): Seq;
}

export interface SequenceSource {
  readonly stored: Stored;
  readonly pending: Pending;
  /** Returns the seq of the last committed event. */
  readonly committed: () => Seq;
  /** Selects committed events. */
  readonly select: (wanted: Query) => IterableIterator<Event>;
}

export function openSequence({ stored, pending, committed, select }: SequenceSource): Sequence {
  const waiting = (seq: Seq) => pending.events[seq - committed() - 1];
  const event = (seq: Seq) => waiting(seq) ?? stored.event(seq);
  return {
    head: () => (committed() + pending.events.length) as Seq,
    event,
    events(first, last) {
      const end = committed();
      const rows = first <= end ? stored.events(first, Math.min(last, end) as Seq) : [];
      if (last <= end || pending.events.length === 0) return rows;
      return [...rows, ...pending.events.slice(Math.max(0, first - end - 1), last - end)];
    },
    tapeLength(seq) {
      if (pending.events.length === 0) return stored.tapeLength(seq);
      return pending.tapeLengths[seq - committed() - 1] ?? stored.tapeLength(seq);
    },
    time: (seq) => waiting(seq)?.time ?? stored.time(seq),
    controls: () => [...stored.controls(), ...pending.events.filter(isControl)],
    *query(wanted) {
      const taken = pending.events.filter((one) => matches(wanted, one));
      const last = Math.min(wanted.last ?? Number.POSITIVE_INFINITY, committed()) as Seq;
      if (wanted.order === "reverse") yield* taken.toReversed();
      yield* select({ ...wanted, last });
      if (wanted.order !== "reverse") yield* taken;
    },
    lastOf(run, before) {
      const base = stored.base();
      const first = base?.seq ?? 0;
      let seq = (before - 1) as Seq;
      while (seq > first && event(seq)?.run !== run) seq = (seq - 1) as Seq;
      return seq > first ? seq : (base?.lasts.get(run) ?? seq);
    },
  };
}

function isControl(event: Event): boolean {
  return event.kind === "run-start" || event.kind === "run-end" || event.kind === "mark";
}
