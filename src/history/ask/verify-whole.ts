import {
  type Journal,
  JournalError,
  type LeftTail,
  type Verdict,
  openReader,
  verify,
  verifyAside,
} from "../../../journal/index.ts";
import type { Misfit } from "./state-check.ts";
import { verifyInHalves, verifyStates } from "./verify.ts";

/** Options of a whole verification; the two counts go up one after the other or, of a long journal, only the second. */
export interface VerifyWholeOptions {
  /** A chain digest in hex from an earlier time; it must be that of one of the journal's commits. */
  readonly head?: string | undefined;
  /** Called now and then with the number of checked events and of all events. */
  readonly onChecked?: (checked: number, events: number) => void;
  /** The same for events that were replayed; of a long journal for both at the same time, an event done by one being half done. */
  readonly onReplayed?: (replayed: number, events: number) => void;
  /** Called if a redo log is left beside the journal that this user may not take over. */
  readonly onLeft?: (left: LeftTail) => void;
}

/** Journals of so many events are checked by two threads. */
const leastForTwo = 100_000;

/**
 * Verifies a journal's file completely: its rows and digests, and that the filesystem could have recorded its events.
 * Throws JournalError only if there is no journal to check.
 */
export function verifyWhole(file: string, options: VerifyWholeOptions = {}): Verdict {
  const { head, onChecked } = options;
  const asked = head === undefined ? {} : { head };
  if (!isLong(file)) {
    const verdict = verify(file, { ...asked, ...(onChecked && { onProgress: onChecked }) });
    return verdict.ok ? withStates(verdict, misfitOf(file, options, inOne)) : verdict;
  }
  const aside = verifyAside(file, asked);
  const tellBoth = (replayed: number, events: number): void =>
    options.onReplayed?.(Math.floor((replayed + aside.share() * events) / 2), events);
  let all = 0;
  // A damaged journal may fail to be replayed in any way: the other thread says why.
  let replayed: { readonly misfit: Misfit | undefined } | { readonly error: unknown };
  try {
    const onReplayed = (done: number, events: number): void => tellBoth(done, (all = events));
    replayed = { misfit: misfitOf(file, { ...options, onReplayed }, verifyInHalves) };
  } catch (error) {
    replayed = { error };
  }
  const verdict = aside.wait(() => tellBoth(all, all)) ?? verify(file, asked);
  if (!verdict.ok) return verdict;
  if ("error" in replayed) throw replayed.error;
  return withStates(verdict, replayed.misfit);
}

function misfitOf(
  file: string,
  { onReplayed, onLeft }: VerifyWholeOptions,
  check: typeof verifyInHalves,
): Misfit | undefined {
  return reading(file, (journal) => check(journal, file, onReplayed), onLeft);
}

const inOne: typeof verifyInHalves = (journal, _, onProgress) => verifyStates(journal, onProgress);

function withStates(verdict: Verdict, misfit: Misfit | undefined): Verdict {
  const { events, head } = verdict;
  return misfit === undefined ? verdict : { ...misfit, ok: false, events, head };
}

/** A journal that cannot be opened is not long. */
function isLong(file: string): boolean {
  try {
    return reading(file, (journal) => journal.head() >= leastForTwo);
  } catch (error) {
    if (error instanceof JournalError) return false;
    throw error;
  }
}

function reading<T>(
  file: string,
  ask: (journal: Journal) => T,
  onLeft?: (left: LeftTail) => void,
): T {
  const journal = openReader(file, onLeft === undefined ? {} : { onLeft });
  try {
    return ask(journal);
  } finally {
    journal.close();
  }
}
