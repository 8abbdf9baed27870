import { BreachError, JournalError, type Keeper } from "../../../journal/index.ts";
import { commitMilliseconds, retryMilliseconds } from "./waits.ts";

/** Takes and commits a guest's events a little after they were heard of; its process does not ring for every one. */
export class CommitTimer {
  readonly #keeper: Keeper;
  readonly #fail: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  /** Looks that found nothing, one after another. */
  #vain = 0;

  /** `fail` is called with a BreachError of the guest's process, and with any error but one of the journal. */
  constructor(keeper: Keeper, fail: (error: unknown) => void) {
    this.#keeper = keeper;
    this.#fail = fail;
  }

  begin(): void {
    this.#timer ??= setTimeout(() => this.#hear(), commitMilliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Looks again until it finds no events several times; a commit that failed is tried again. */
  #hear(): void {
    this.#timer = undefined;
    try {
      const hasEvents = this.#keeper.take();
      this.#vain = hasEvents ? 0 : this.#vain + 1;
      if (this.#vain > mostVain) return void (this.#vain = 0);
      this.begin();
      if (!hasEvents) return;
      this.#keeper.commit();
    } catch (error) {
      if (error instanceof BreachError || !(error instanceof JournalError))
        return this.#fail(error);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#hear(), retryMilliseconds);
    }
  }
}

/** A guest's process holds events for some milliseconds at times, and on a busy machine longer, and rings before that. */
const mostVain = 2;
