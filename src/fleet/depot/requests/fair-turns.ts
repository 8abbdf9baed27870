/**
 * Remembers for how long work of tenants was done: one that causes much waits as long again while others have any. So it
 * takes half of the time at most, however many journals it has.
 */
export class FairTurns {
  readonly #until = new Map<number, number>();
  readonly #now: () => number;

  /** `now` tells the time in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Returns the tenants that wait while others have work. */
  waiting(): number[] {
    const now = this.#now();
    for (const [tenant, until] of this.#until) if (until <= now) this.#until.delete(tenant);
    return [...this.#until.keys()];
  }

  /** Call it when work of a tenant has ended, with its time in milliseconds. */
  spent(tenant: number, milliseconds: number): void {
    const until = Math.max(this.#now(), this.#until.get(tenant) ?? 0);
    this.#until.set(tenant, until + milliseconds);
  }
}
