import type { PutBack, PutBackResult } from "../../attach/index.ts";

/** Hands what persons want put back to who does it, and the results back. */
export class Orders {
  readonly #give: (id: number, order: PutBack) => void;
  readonly #waiting = new Map<number, (result: PutBackResult) => void>();
  #last = 0;

  constructor(give: (id: number, order: PutBack) => void) {
    this.#give = give;
  }

  async give(order: PutBack): Promise<PutBackResult> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#give(id, order);
    });
  }

  answered(id: number, result: PutBackResult): void {
    this.#waiting.get(id)?.(result);
    this.#waiting.delete(id);
  }
}
