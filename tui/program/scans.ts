import type { Recording } from "../recording/recording.ts";
import type { Message } from "../state/effect.ts";
import { type Progress, type Scan, scanning } from "../state/scan.ts";
import type { Slices, Work } from "./slices.ts";

/** The scan that a person waits for: one at a time. */
export interface Scans {
  /** Starts a scan; the one before stops. */
  start(scan: Scan): void;
  stop(): void;
  isBusy(): boolean;
}

/** A scan that takes longer shows its progress. */
const patienceMilliseconds = 100;
/** Milliseconds between two pictures of progress: drawing takes time from the scan. */
const progressMilliseconds = 250;

export function scansOn(
  recording: Recording,
  {
    now,
    slices,
    dispatch,
  }: {
    readonly now: () => number;
    readonly slices: Slices;
    readonly dispatch: (message: Message) => void;
  },
): Scans {
  let busy: Work | undefined;

  /** Tells of each progress if it is worth a frame: the end, the first match, or some time after the last frame. */
  function isWorthAFrame(): (progress: Progress) => boolean {
    const began = now();
    let shown = Number.NEGATIVE_INFINITY;
    let anyFound = false;
    return ({ isDone, matches }) => {
      const at = now();
      const isFirst = !anyFound && (matches?.count ?? 0) > 0;
      anyFound ||= isFirst;
      const isDue = at - began > patienceMilliseconds && at - shown > progressMilliseconds;
      if (!isDone && !isFirst && !isDue) return false;
      shown = at;
      return true;
    };
  }

  return {
    start(scan) {
      busy?.stop();
      const isShown = isWorthAFrame();
      const work = slices.of(scanning(recording, scan));
      busy = work;
      work.start((progress) => {
        if (!isShown(progress)) return;
        if (progress.isDone) busy = undefined;
        dispatch({ kind: "scanned", scan, progress });
      });
    },
    stop() {
      busy?.stop();
      busy = undefined;
    },
    isBusy: () => busy !== undefined,
  };
}
