import { Immer, enableMapSet } from "immer";

import type { Journal, Seq } from "../../journal/index.ts";
import { type Tree, apply, emptyTree } from "../fs/index.ts";
import { batchEvents } from "./replay.ts";
import { RevisionError, resolveRevision } from "./revision.ts";
import { State } from "./state.ts";

export interface HistoryOptions {
  /** Nanoseconds since the epoch: revisions like -5m count from it. */
  readonly now?: () => bigint;
}

/** The past of one journal: any number of states, which share what is equal in them. */
export interface History {
  readonly journal: Journal;
  /** The state just after event `seq`; 0 is the empty one. Throws RevisionError when the journal ends before it. */
  at(seq: Seq): Tree;
  /** The moment that a revision names. Throws RevisionError. */
  resolve(revision: string): Seq;
  /** The state at a revision, as an object to look at. Throws RevisionError. */
  state(revision: string): State;
}

enableMapSet();

/** States that are kept. */
const mostStates = 16;

export function openHistory(
  journal: Journal,
  { now = () => BigInt(Date.now()) * 1_000_000n }: HistoryOptions = {},
): History {
  const immer = new Immer({ autoFreeze: false });
  const states = new Map<Seq, Tree>();
  const empty: Tree = emptyTree();

  const at = (seq: Seq): Tree => {
    const known = states.get(seq);
    if (known === undefined && seq > journal.head()) {
      throw new RevisionError("no-event", String(seq), `event ${seq} is not in the journal`);
    }
    const tree = known ?? build(seq);
    states.delete(seq);
    states.set(seq, tree);
    if (states.size > mostStates)
      for (const oldest of states.keys()) {
        states.delete(oldest);
        break;
      }
    return tree;
  };

  const build = (seq: Seq): Tree => {
    let from = 0 as Seq;
    let tree = empty;
    for (const [known, state] of states) {
      if (known <= seq && known >= from) [from, tree] = [known, state];
    }
    for (let first = from + 1; first <= seq; first += batchEvents) {
      const last = Math.min(seq, first + batchEvents - 1);
      const events = journal.events(first as Seq, last as Seq);
      tree = immer.produce(tree, (draft) => {
        for (const event of events) apply(draft, event);
      });
    }
    return tree;
  };

  const resolve = (revision: string): Seq => resolveRevision(journal, revision, now());
  const state = (revision: string): State => {
    const seq = resolve(revision);
    return new State(journal, seq, at(seq));
  };
  return { journal, at, resolve, state };
}
