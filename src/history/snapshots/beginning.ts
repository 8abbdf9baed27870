import { type Journal, JournalError, type Seq } from "../../../journal/index.ts";
import { MisfitError, type MutableTree, emptyTree, requireTree } from "../../fs/index.ts";
import { SnapshotDamage } from "./bytes.ts";
import { plainOf } from "./plain.ts";
import { SnapshotGroup, newShared } from "./snapshot-group.ts";
import type { MakerStart } from "./maker.ts";
import { storeOf } from "./store.ts";

/** Returns the state before the first event that is left: the base of a compacted journal, else the empty tree. */
export function beginning(journal: Journal): MutableTree {
  return baseStart(journal)?.tree ?? emptyTree();
}

/** Returns the seq of the last folded event; 0 in a journal that was never compacted. */
export function baseSeq(journal: Journal): Seq {
  return journal.base()?.seq ?? (0 as Seq);
}

/**
 * Returns the base as a start for snapshots; undefined in a journal without one. Throws JournalError if it is damaged.
 */
export function baseStart(journal: Journal): MakerStart | undefined {
  const base = journal.base();
  if (base === undefined) return undefined;
  const unreadable = (cause?: unknown) =>
    new JournalError(
      "damaged",
      `Cannot read ${journal.file}: the state that it begins with is damaged${reasonIn(cause)}.`,
      {
        hint: "restore the journal from a copy: nothing else tells of that state.",
        cause,
      },
    );
  try {
    const group = new SnapshotGroup(storeOf(journal), base.seq, newShared(), () => {
      throw unreadable();
    });
    const state = group.state(-1);
    requireTree(state, base.tape);
    const tree = plainOf(state);
    const versions = new Map(group.leaves().map((leaf) => [leaf, group.changedAt(leaf, -1)]));
    return { tree, moment: group.last, versions };
  } catch (error) {
    throw error instanceof SnapshotDamage || error instanceof MisfitError
      ? unreadable(error)
      : error;
  }
}

function reasonIn(cause: unknown): string {
  return cause instanceof MisfitError ? ` (${cause.reason})` : "";
}
