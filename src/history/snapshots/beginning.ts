import { type Journal, JournalError, type Seq } from "../../../journal/index.ts";
import {
  type Inode,
  MisfitError,
  type MutableTree,
  emptyTree,
  entriesOf,
  requireTree,
} from "../../fs/index.ts";
import { SnapshotDamage } from "../base/bytes.ts";
import { UnknownBaseVersion, readBase } from "../base/read.ts";
import { leafInodes } from "../deltas/encoding.ts";
import { plainOf } from "./plain.ts";
import type { MakerStart } from "./maker.ts";

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
  try {
    const stored = journal.storedBase?.();
    if (stored === undefined) throw new SnapshotDamage("the journal does not give it");
    const { seq, time, tapeLength, tree } = readBase(stored.bytes(), stored.page);
    if (seq !== base.seq) throw new SnapshotDamage("it is of another event");
    requireTree(tree, base.tape);
    const versions = new Map<number, Seq>();
    for (const [ino] of entriesOf<Inode>(tree.inodes))
      versions.set(Math.floor(ino / leafInodes), seq);
    const moment = { seq, seqBefore: 0 as Seq, time, tapeLength, tapeBefore: 0 };
    return { tree: plainOf(tree), moment, versions };
  } catch (error) {
    if (error instanceof UnknownBaseVersion) throw newer(journal, error);
    if (error instanceof SnapshotDamage || error instanceof MisfitError)
      throw unreadable(journal, error);
    throw error;
  }
}

function newer({ file }: Journal, cause: UnknownBaseVersion): JournalError {
  return new JournalError(
    "newer",
    `Cannot read ${file}: the state that it begins with is of version ${cause.version} (this is ${cause.known}).`,
    { hint: "update rewindfs.", cause },
  );
}

function unreadable({ file }: Journal, cause: SnapshotDamage | MisfitError): JournalError {
  return new JournalError(
    "damaged",
    `Cannot read ${file}: the state that it begins with is damaged${reasonIn(cause)}.`,
    {
      hint: "restore the journal from a copy: nothing else tells of that state.",
      cause,
    },
  );
}

function reasonIn(cause: unknown): string {
  return cause instanceof MisfitError ? ` (${cause.reason})` : "";
}
