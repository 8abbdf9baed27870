import { setTimeout as sleep } from "node:timers/promises";

/** Shortest and longest time in milliseconds to rest after failures. */
const [shortest, longest] = [200, 10_000];

/**
 * Calls `step` until the signal aborts: again at once where it did something, and after `idle` milliseconds where there was
 * nothing to do. After a failure, of which `onFailure` is told, it rests longer each time: a full disk stays so for long.
 */
export async function workUntil(
  signal: AbortSignal,
  idle: number,
  step: () => Promise<boolean>,
  onFailure: (error: unknown) => void,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let rest = idle;
    try {
      const isDone = await step();
      failures = 0;
      if (isDone) continue;
    } catch (error) {
      failures += 1;
      rest = Math.min(longest, shortest * 2 ** Math.min(failures, 10));
      onFailure(error);
    }
    await sleep(rest, undefined, { signal }).catch(() => {});
  }
}
