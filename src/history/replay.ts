import type { Event, Journal, Seq } from "../../journal/index.ts";
import { type MutableTree, apply, emptyTree } from "../fs/index.ts";

/** Events that are read at a time. */
export const batchEvents = 2_000;

/** A plain tree of its own: the state just after event `seq`, for the live filesystem. */
export function replay(journal: Journal, seq: Seq): MutableTree {
  const tree = emptyTree();
  for (const event of eventsTo(journal, seq)) apply(tree, event);
  return tree;
}

/** The events from `first` to `last`, both included, never holding more than a batch of them. */
export function* eventsTo(journal: Journal, last: Seq, first = 1 as Seq): Generator<Event> {
  for (let at: number = first; at <= last; at += batchEvents) {
    yield* journal.events(at as Seq, Math.min(last, at + batchEvents - 1) as Seq);
  }
}
