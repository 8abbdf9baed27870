import type { Sleeper } from "./sleeper.ts";

/** The longest wait that Atomics.wait takes correctly. */
const longestWaitMilliseconds = 2 ** 31;

/**
 * Sleeps until `isReady`, which is called at the start, at each wake-up, and at the deadline, in nanoseconds of `now`.
 */
export function waitUntil(
  sleeper: Sleeper,
  now: () => bigint,
  deadline: bigint | undefined,
  isReady: () => boolean,
): void {
  while (!isReady()) {
    const left = deadline === undefined ? Infinity : Number(deadline - now()) / 1e6;
    sleeper.sleep(Math.min(Math.max(left, 0), longestWaitMilliseconds));
  }
}
