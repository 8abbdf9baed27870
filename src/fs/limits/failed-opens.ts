import type { ProcessNumber } from "../../../journal/index.ts";

/** A failed call, which happened `count` times. */
export interface Refusal {
  readonly operation: string;
  readonly path: string;
  readonly error: string;
  count: number;
  readonly limit?: string;
  readonly by?: ProcessNumber;
}

/** Bounds the events of a program that tries paths without end: beyond this number only a count is recorded. */
const mostTold = 1_024;

/**
 * Collects the failed opens of one run. Each path and reason is recorded at its first failure; the number of
 * repetitions is recorded when the run ends.
 */
export class FailedOpens {
  readonly #again = new Map<string, Refusal>();
  #beyond = 0;

  clear(): void {
    this.#again.clear();
    this.#beyond = 0;
  }

  /** Counts a failed open, and tells whether it must be recorded now. */
  isNews(key: string, refusal: Refusal): boolean {
    const known = this.#again.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#again.size < mostTold) this.#again.set(key, { ...refusal, count: 0 });
    else this.#beyond += 1;
    return known === undefined && this.#beyond === 0;
  }

  /** Returns the failures to record at the end of the run. */
  rest(): Refusal[] {
    const again = [...this.#again.values()].filter(({ count }) => count > 0);
    if (this.#beyond === 0) return again;
    return [...again, { operation: "open-at", path: "/", error: "any", count: this.#beyond }];
  }
}
