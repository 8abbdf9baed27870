/** Lets so many do something at a time, and so many of them for one tenant; others wait for their turn. */
export class Turns {
  readonly #ofTenant: number;
  #free: number;
  readonly #busy = new Map<number, number>();
  readonly #waiting: Waiting[] = [];

  constructor(together: number, ofTenant: number = together) {
    this.#free = together;
    this.#ofTenant = ofTenant;
  }

  /**
   * Runs `act` when it is its turn, and returns its result. Of those who wait, the first one goes whose tenant has the
   * fewest at it: who comes with many keeps nobody else waiting for all of them.
   */
  async take<T>(tenant: number, act: () => Promise<T>): Promise<T> {
    if (this.#free > 0 && this.#busyOf(tenant) < this.#ofTenant) this.#begin(tenant);
    else await new Promise<void>((resolve) => this.#waiting.push({ tenant, begin: resolve }));
    try {
      return await act();
    } finally {
      this.#end(tenant);
    }
  }

  #busyOf(tenant: number): number {
    return this.#busy.get(tenant) ?? 0;
  }

  #begin(tenant: number): void {
    this.#free -= 1;
    this.#busy.set(tenant, this.#busyOf(tenant) + 1);
  }

  #end(tenant: number): void {
    this.#free += 1;
    const left = this.#busyOf(tenant) - 1;
    if (left === 0) this.#busy.delete(tenant);
    else this.#busy.set(tenant, left);
    let next: Waiting | undefined;
    for (const one of this.#waiting) {
      const busy = this.#busyOf(one.tenant);
      if (busy < this.#ofTenant && (next === undefined || busy < this.#busyOf(next.tenant)))
        next = one;
    }
    if (next === undefined) return;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#begin(next.tenant);
    next.begin();
  }
}

interface Waiting {
  readonly tenant: number;
  readonly begin: () => void;
}
