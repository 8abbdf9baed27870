import type { Event } from "../../journal/index.ts";

/** Events that a listener is to hear of, in their order, also where it makes further ones while it hears of one. */
export class UntoldEvents {
  readonly #listener: ((event: Event) => void) | undefined;
  readonly #events: Event[] = [];

  constructor(listener: ((event: Event) => void) | undefined) {
    this.#listener = listener;
  }

  /** Keeps an event for the next `tell`. */
  readonly add = (event: Event): void => {
    if (this.#listener !== undefined) this.#events.push(event);
  };

  /** Must be called where the listener may make changes. Throws what it throws; events after that one wait. */
  tell(): void {
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift())
      this.#listener?.(event);
  }
}
