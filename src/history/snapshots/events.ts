import type { Event, Journal, Seq } from "../../../journal/index.ts";
import { type MutableTree, apply } from "../../fs/index.ts";
import { beginning, baseSeq } from "./beginning.ts";

/** Events that are read at a time. */
export const batchEvents = 2_000;

/**
 * The events from `first` to `last`, both included, never holding more than a batch of them. What was folded is not among
 * them.
 */
export function* eventsTo(journal: Journal, last: Seq, first = 1 as Seq): Generator<Event> {
  for (let at: number = Math.max(first, baseSeq(journal) + 1); at <= last; at += batchEvents) {
    yield* journal.events(at as Seq, Math.min(last, at + batchEvents - 1) as Seq);
  }
}

/**
 * The state just after event `seq`, as a plain tree, out of nothing but the events that are left and what they build on.
 */
export function replayAll(journal: Journal, seq: Seq): MutableTree {
  const tree = beginning(journal);
  for (const event of eventsTo(journal, seq)) apply(tree, event);
  return tree;
}
