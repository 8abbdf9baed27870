import type { Journal, Seq } from "../../../journal/index.ts";
import { type MutableTree, apply } from "../../fs/index.ts";
import { eventsTo, replayAll } from "../snapshots/events.ts";
import { tapeOf } from "../snapshots/read-tape.ts";
import { StoredStates } from "../snapshots/stored-states.ts";

/** Replaying so many events is quicker than looking for snapshots. */
const fewEvents = 10_000;

/** Returns the state just after event `seq` as a plain tree of its own, for the live filesystem. */
export function replay(journal: Journal, seq: Seq): MutableTree {
  if (seq <= fewEvents) return replayAll(journal, seq);
  const readTape = tapeOf(journal);
  const stored = new StoredStates(journal);
  const nearest = stored.nearest(seq);
  const tree = nearest === undefined ? undefined : stored.plain(nearest);
  if (nearest === undefined || tree === undefined) return replayAll(journal, seq);
  for (const event of eventsTo(journal, seq, (nearest + 1) as Seq)) apply(tree, event, readTape);
  return tree;
}
