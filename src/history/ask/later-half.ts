import { type Aside, type Journal, type Seq, aside, openReader } from "../../../journal/index.ts";
import { baseSeq } from "../snapshots/beginning.ts";
import { storeOf } from "../snapshots/store.ts";
import { StoredStates } from "../snapshots/stored-states.ts";
import { type Misfit, StateCheck } from "./state-check.ts";
import type { Met } from "./verify-snapshots.ts";

/** The events of a journal's file behind a stored row of increments about in the middle. */
export interface LaterHalf {
  readonly file: string;
  readonly middle: Seq;
  readonly last: Seq;
}

/** The result of checking them. It counts only if the events before make the state that is stored in the middle. */
export interface LaterFound {
  /** Bytes that only an equal state has. */
  readonly print: Uint8Array;
  readonly misfit: Misfit | undefined;
  readonly met: Met;
}

/** Returns where the later half of a journal's events begins: undefined without a row that can be begun with. */
export function middleOf(journal: Journal): Seq | undefined {
  const first = baseSeq(journal);
  const middle = first + (journal.head() - first) / 2;
  const row = storeOf(journal)
    .list()
    .findLast(({ seq }) => seq <= middle);
  return row === undefined || row.seq === row.base || row.seq <= first ? undefined : row.seq;
}

/** Checks the later half in a thread of its own, which gives undefined if the middle cannot be begun with. */
export function laterAside(half: LaterHalf): Aside<LaterFound | undefined> {
  return aside(import.meta.url, "later-thread", half);
}

/**
 * Checks the later half, unless it is to stop; undefined if the middle cannot be begun with. Tells which part of it is
 * done, from 0 to 1.
 */
export function checkLater(
  { file, middle, last }: LaterHalf,
  isStopped = () => false,
  tellShare: (share: number) => void = () => {},
): LaterFound | undefined {
  const journal = openReader(file);
  try {
    const start = new StoredStates(journal).startAt(middle);
    if (start === undefined) return undefined;
    const check = new StateCheck(journal, start);
    const print = check.print();
    const misfit = check.upTo(
      last,
      (seq) => tellShare((seq - middle) / (last - middle)),
      isStopped,
    );
    return { print, misfit, met: check.snapshots.met };
  } finally {
    journal.close();
  }
}
