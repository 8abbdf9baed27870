/** A call that came to nothing, as often as `count` says. */
export interface Refusal {
  readonly operation: string;
  readonly path: string;
  readonly error: string;
  count: number;
  readonly limit?: string;
}

/** A program that looks everywhere must not fill the journal: of more than these only their number is told. */
const mostTold = 1_024;

/**
 * The opens of one run that failed. Each path and reason is told where it comes up first; how often it came again is
 * told when the run ends.
 */
export class FailedOpens {
  readonly #again = new Map<string, Refusal>();
  #beyond = 0;

  clear(): void {
    this.#again.clear();
    this.#beyond = 0;
  }

  /** Counts a failed open that is told nowhere else, and returns whether it is to be told now. */
  isNews(key: string, refusal: Refusal): boolean {
    const known = this.#again.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#again.size < mostTold) this.#again.set(key, { ...refusal, count: 0 });
    else this.#beyond += 1;
    return known === undefined && this.#beyond === 0;
  }

  /** Returns what is left to be told at the end of the run. */
  rest(): Refusal[] {
    const again = [...this.#again.values()].filter(({ count }) => count > 0);
    if (this.#beyond === 0) return again;
    return [...again, { operation: "open-at", path: "/", error: "any", count: this.#beyond }];
  }
}
