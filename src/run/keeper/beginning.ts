import { type Ino, type Journal, promisedFrom } from "../../../journal/index.ts";
import {
  type Inode,
  type PackedTree,
  type Reach,
  Referee,
  type TapeRange,
  type Tree,
  mergedRanges,
  packTree,
} from "../../fs/index.ts";
import { replay } from "../../history/index.ts";
import { PreopenError, findPreopens } from "../../wasi/index.ts";
import { RunError } from "../ending/error.ts";
import type { RunRequest } from "../protocol/keeper-protocol.ts";
import type { RuleJudge } from "./rule-judge.ts";
import { type ReadableTape, rangesWithin } from "./tape/tape-ranges.ts";

/**
 * Returns the state in which a guest begins: packed for its process, and as a referee that follows its changes. Throws
 * JournalError, and RunError for a missing preopen.
 */
export function beginningOf(
  journal: Journal,
  { limits, preopens, accesses }: RunRequest,
  rules?: RuleJudge,
): { readonly packed: PackedTree; readonly tape: ReadableTape; readonly referee: Referee } {
  const head = journal.head();
  const tree = replay(journal, head);
  try {
    const reach = findPreopens(tree, limits, preopens);
    const roots = reach.map(({ ino }) => ino);
    rules?.follow(tree);
    const { packed, ranges } = packedState(journal, tree, roots, rules);
    const referee = new Referee({
      tree,
      limits,
      reach,
      accesses,
      fault: rules === undefined ? undefined : (event, payload) => rules.fault(event, payload),
    });
    const readable = { ranges, own: journal.tapeLength(head) };
    return { packed, tape: readable, referee };
  } catch (error) {
    if (!(error instanceof PreopenError)) throw error;
    throw new RunError("failed", error.message, { hint: error.hint, cause: error });
  }
}

/**
 * Returns a later state as a guest's process gets it anew: with files that it has open, and that have no names any more.
 */
export function statePackedFor(
  journal: Journal,
  reach: readonly Reach[],
  rules: RuleJudge | undefined,
  { tree, open }: { readonly tree: Tree; readonly open: readonly Ino[] },
): PackedState {
  const nameless = open.filter((ino) => tree.orphans.has(ino));
  return packedState(journal, tree, [...reach.map(({ ino }) => ino), ...nameless], rules);
}

interface PackedState {
  readonly packed: PackedTree;
  /** The ranges of the tape that the process may read, but for its own bytes. */
  readonly ranges: readonly TapeRange[];
}

function packedState(
  journal: Journal,
  tree: Tree,
  roots: readonly Ino[],
  rules: RuleJudge | undefined,
): PackedState {
  const hides = rules?.hidesSome === true ? (inode: Inode) => rules.hides(inode) : undefined;
  const { packed, tape } = packTree(tree, roots, hides);
  return { packed, ranges: withFetched(journal, tape) };
}

/**
 * Adds where promised bytes of these ranges stand on the tape, if earlier runs fetched them. The guest's process keeps
 * what it reads of the tape: where it may see more, it must be told, or it has zeros for it.
 */
function withFetched(journal: Journal, ranges: readonly TapeRange[]): readonly TapeRange[] {
  if ((ranges.at(-1)?.end ?? 0) <= promisedFrom) return ranges;
  const fetched: TapeRange[] = [];
  for (const event of journal.query({ kinds: new Set(["fetch"]) })) {
    if (event.kind !== "fetch") continue;
    const { start, length, tape } = event;
    for (const { start: from, end } of rangesWithin(ranges, start, start + length))
      fetched.push({ start: tape + from - start, end: tape + end - start });
  }
  return fetched.length === 0 ? ranges : mergedRanges([...ranges, ...fetched]);
}
