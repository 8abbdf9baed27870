import { BreachError, JournalError, type Keeper } from "../../../journal/index.ts";
import { commitMilliseconds, retryMilliseconds, seldomMilliseconds } from "./waits.ts";

/** Takes and commits a guest's events a little after they were heard of; its process does not ring for every one. */
export class CommitTimer {
  readonly #keeper: Keeper;
  readonly #fail: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  /** Looks that found nothing, one after another. */
  #vain = 0;
  #isSeldom = false;

  /** `fail` is called with a BreachError of the guest's process, and with any error but one of the journal. */
  constructor(keeper: Keeper, fail: (error: unknown) => void) {
    this.#keeper = keeper;
    this.#fail = fail;
  }

  /** Looks soon, and goes on looking. */
  begin(): void {
    this.#vain = 0;
    if (this.#isSeldom) this.#wait(commitMilliseconds);
    else this.#timer ??= setTimeout(() => this.#hear(), commitMilliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#isSeldom = milliseconds > commitMilliseconds;
    this.#timer = setTimeout(() => this.#hear(), milliseconds);
  }

  /** Looks again soon until it finds no events several times, and then seldom; a commit that failed is tried again. */
  #hear(): void {
    try {
      const hasEvents = this.#keeper.take();
      this.#vain = hasEvents ? 0 : this.#vain + 1;
      this.#wait(this.#vain > mostVain ? seldomMilliseconds : commitMilliseconds);
      if (hasEvents) this.#keeper.commit();
    } catch (error) {
      if (error instanceof BreachError || !(error instanceof JournalError))
        return this.#fail(error);
      this.#wait(retryMilliseconds);
    }
  }
}

/**
 * A guest's process holds events for some milliseconds at times, and on a busy machine longer, and rings before that. Where
 * it was stopped meanwhile they come when nobody looks for them any more but seldom.
 */
const mostVain = 2;
