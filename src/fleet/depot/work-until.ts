import { setTimeout as sleep } from "node:timers/promises";

/** Times to rest, in milliseconds. */
export interface Rests {
  /** After a look that found nothing to do. Usually 200. */
  readonly idle: number;
  /** The longest one after failures, which begin with twice `idle`. Usually 10,000. */
  readonly longest: number;
}

const usual: Rests = { idle: 200, longest: 10_000 };

/**
 * Calls `step` until the signal aborts: again at once where it did something, and after a rest where there was nothing to
 * do. After a failure, of which `onFailure` is told, it rests longer each time: a full disk stays so for long.
 */
export async function workUntil(
  signal: AbortSignal,
  rests: Partial<Rests>,
  step: () => Promise<boolean>,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const { idle, longest } = { ...usual, ...rests };
  let failures = 0;
  while (!signal.aborted) {
    let rest = idle;
    try {
      const isDone = await step();
      failures = 0;
      if (isDone) continue;
    } catch (error) {
      failures += 1;
      rest = Math.min(longest, idle * 2 ** Math.min(failures, 10));
      onFailure(error);
    }
    await sleep(rest, undefined, { signal }).catch(() => {});
  }
}
