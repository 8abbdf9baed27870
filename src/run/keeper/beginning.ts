import type { Journal } from "../../../journal/index.ts";
import { type PackedTree, Referee, type TapeRange, packTree } from "../../fs/index.ts";
import { replay } from "../../history/index.ts";
import { PreopenError, findPreopens } from "../../wasi/index.ts";
import { RunError } from "../ending/error.ts";
import type { RunRequest } from "../protocol/keeper-protocol.ts";

/** What of the tape a guest may read: these pieces, which are in order, and what it wrote itself, from `own` on. */
export interface ReadableTape {
  readonly ranges: readonly TapeRange[];
  readonly own: number;
}

/**
 * The state in which a guest begins: what its process is given of it, and the referee who follows what it does to it.
 * Throws JournalError, and RunError for a preopen that is not there.
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
    return { packed, tape: { ranges, own: journal.tapeLength(head) }, referee };
  } catch (error) {
    if (!(error instanceof PreopenError)) throw error;
    throw new RunError("failed", error.message, { hint: error.hint, cause: error });
  }
}
