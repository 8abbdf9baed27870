import type { Event, Journal, Seq } from "../../../journal/index.ts";
import { type MutableTree, apply } from "../../fs/index.ts";
import { beginning, baseSeq } from "./beginning.ts";
import { tapeOf } from "./read-tape.ts";

/** The number of events to read at a time. */
export const batchEvents = 2_000;

/**
 * Yields the events from `first` to `last`, both included, without folded ones; holds no more than a batch in memory.
 */
export function* eventsTo(journal: Journal, last: Seq, first = 1 as Seq): Generator<Event> {
  for (let at: number = Math.max(first, baseSeq(journal) + 1); at <= last; at += batchEvents) {
    yield* journal.events(at as Seq, Math.min(last, at + batchEvents - 1) as Seq);
  }
}

/** Makes the state just after event `seq`, as a plain tree, from the base and the events alone. */
export function replayAll(journal: Journal, seq: Seq): MutableTree {
  const tree = beginning(journal);
  const readTape = tapeOf(journal);
  for (const event of eventsTo(journal, seq)) apply(tree, event, readTape);
  return tree;
}
