import { type Journal, JournalError } from "../../../journal/index.ts";
import { baseSeq, baseStart } from "../snapshots/beginning.ts";
import type { MakerStart } from "../snapshots/maker.ts";
import { storeOf } from "../snapshots/store.ts";
import { laterAside, middleOf } from "./later-half.ts";
import { type Misfit, StateCheck, snapshotMisfit } from "./state-check.ts";
import { type Met, areComplete } from "./verify-snapshots.ts";

type OnProgress = (replayed: number, events: number) => void;

/**
 * Replays all events and checks that each is possible in the state before it: parents exist, names are free, inodes are
 * not used twice, removals remove what is there, bytes are on the tape. Makes every stored snapshot again, and checks
 * that it is the same. Returns undefined if everything fits. Calls `onProgress` each few thousand events.
 */
export function verifyStates(
  journal: Journal,
  onProgress: OnProgress = () => {},
): Misfit | undefined {
  const start = startOf(journal);
  if (start !== undefined && "reason" in start) return start;
  return verifyOn(journal, new StateCheck(journal, start), onProgress);
}

/**
 * Does the same for the journal of a file, the later half in another thread at the same time. That half begins with a
 * stored state; nothing of it counts unless the first half makes just that state.
 */
export function verifyInHalves(
  journal: Journal,
  file: string,
  onProgress: OnProgress = () => {},
): Misfit | undefined {
  const middle = middleOf(journal);
  if (middle === undefined) return verifyStates(journal, onProgress);
  const start = startOf(journal);
  if (start !== undefined && "reason" in start) return start;
  const last = journal.head();
  const later = laterAside({ file, middle, last });
  try {
    const first = baseSeq(journal);
    const check = new StateCheck(journal, start);
    const tell = (seq: number): void =>
      onProgress(seq - first + Math.floor(later.share() * (last - middle)), last - first);
    const misfit = check.upTo(middle, tell);
    if (misfit !== undefined) return misfit;
    const found = later.wait(() => tell(middle));
    if (found === undefined || !isEqual(found.print, check.print()))
      return verifyOn(journal, check, onProgress);
    return found.misfit ?? incompletenessOf(journal, [check.snapshots.met, found.met]);
  } finally {
    later.stop();
  }
}

function verifyOn(journal: Journal, check: StateCheck, onProgress: OnProgress): Misfit | undefined {
  const head = journal.head();
  const first = baseSeq(journal);
  const misfit = check.upTo(head, (replayed) => onProgress(replayed - first, head - first));
  return misfit ?? incompletenessOf(journal, [check.snapshots.met]);
}

function incompletenessOf(journal: Journal, met: readonly Met[]): Misfit | undefined {
  return areComplete(storeOf(journal), met) ? undefined : snapshotMisfit(journal.head());
}

/** Returns where the events begin; a misfit if the base is damaged. */
function startOf(journal: Journal): MakerStart | Misfit | undefined {
  try {
    return baseStart(journal);
  } catch (error) {
    if (!(error instanceof JournalError) || error.code !== "damaged") throw error;
    return { seq: baseSeq(journal), path: "/", reason: error.message };
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
