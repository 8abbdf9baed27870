/** Orders to another thread that it has not heard of yet: it answers each in its turn. */
export class Heard {
  readonly #waiting: (() => void)[] = [];

  /** Resolves once the other thread has heard what is said to it now; never, if it ends before. */
  async next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Is called for each answer. */
  heard(): void {
    this.#waiting.shift()?.();
  }
}
