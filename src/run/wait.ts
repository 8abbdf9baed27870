import type { Checkpoint } from "./control.ts";

/** The longest wait that Atomics.wait takes as it is meant. */
const longestWaitMilliseconds = 2 ** 31;

/**
 * Sleeps on the control memory, so that the guest can be stopped in it, until `isReady` says so. It is asked at the
 * start, at each wake-up, and at the deadline, in nanoseconds of the clock `now`.
 */
export function waitUntil(
  checkpoint: Checkpoint,
  now: () => bigint,
  deadline: bigint | undefined,
  isReady: () => boolean,
): void {
  for (;;) {
    const seen = checkpoint.seen();
    if (isReady()) return;
    const left = deadline === undefined ? Infinity : Number(deadline - now()) / 1e6;
    checkpoint.wait(seen, Math.min(Math.max(left, 0), longestWaitMilliseconds));
  }
}
