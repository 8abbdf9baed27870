import type { Journal, Seq } from "../../journal/index.ts";
import { type MutableTree, apply, emptyTree } from "../fs/index.ts";

/** Events that are read at a time. */
export const batchEvents = 2_000;

/** A plain tree of its own: the state just after event `seq`, for the live filesystem. */
export function replay(journal: Journal, seq: Seq): MutableTree {
  const tree = emptyTree();
  for (let first = 1; first <= seq; first += batchEvents) {
    const last = Math.min(seq, first + batchEvents - 1);
    for (const event of journal.events(first as Seq, last as Seq)) apply(tree, event);
  }
  return tree;
}
