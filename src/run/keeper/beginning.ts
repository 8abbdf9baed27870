import type { Journal } from "../../../journal/index.ts";
import { type PackedTree, Referee, type TapeRange, packTree } from "../../fs/index.ts";
import { replay } from "../../history/index.ts";
import { PreopenError, findPreopens } from "../../wasi/index.ts";
import { RunError } from "../ending/error.ts";
import type { RunRequest } from "../protocol/keeper-protocol.ts";

/** Pieces of the tape that a guest may read, in order, and where its own bytes begin: at `own`. */
export interface ReadableTape {
  readonly ranges: TapeRange[];
  readonly own: number;
}

/**
 * Returns the state in which a guest begins: packed for its process, and as a referee that follows its changes. Throws
 * JournalError, and RunError for a missing preopen.
 */
export function beginningOf(
  journal: Journal,
  { limits, preopens, accesses }: RunRequest,
): { readonly packed: PackedTree; readonly tape: ReadableTape; readonly referee: Referee } {
  const head = journal.head();
  const tree = replay(journal, head);
  try {
    const reach = findPreopens(tree, limits, preopens);
    const roots = reach.map(({ ino }) => ino);
    const { packed, tape: ranges } = packTree(tree, roots);
    const referee = new Referee({ tree, limits, reach, accesses });
    return { packed, tape: { ranges: [...ranges], own: journal.tapeLength(head) }, referee };
  } catch (error) {
    if (!(error instanceof PreopenError)) throw error;
    throw new RunError("failed", error.message, { hint: error.hint, cause: error });
  }
}
