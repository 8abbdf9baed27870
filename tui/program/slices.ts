import type { Progress } from "../state/scan.ts";

/** A scan that goes on between keys. */
export interface Work {
  start(report: (progress: Progress) => void): void;
  stop(): void;
}

/** Runs scans in slices, so that keys are answered in between. */
export interface Slices {
  of(work: Generator<Progress, Progress>): Work;
}

const sliceMilliseconds = 8;

export function slicesOn({
  now,
  fail,
  isStopped,
}: {
  readonly now: () => number;
  readonly fail: (error: unknown) => void;
  readonly isStopped: () => boolean;
}): Slices {
  return {
    of(work) {
      let isOff = false;
      let report: (progress: Progress) => void = () => {};
      const go = (): void => {
        if (isOff || isStopped()) return;
        try {
          const end = now() + sliceMilliseconds;
          for (;;) {
            const step = work.next();
            if (step.done === true) return report({ ...step.value, isDone: true });
            if (now() < end) continue;
            report({ ...step.value, isDone: false });
            break;
          }
        } catch (error) {
          return fail(error);
        }
        setImmediate(go);
      };
      // A scan of a single slice finishes before the next frame.
      return {
        start(onProgress) {
          report = onProgress;
          go();
        },
        stop() {
          isOff = true;
        },
      };
    },
  };
}
