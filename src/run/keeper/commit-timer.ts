import { BreachError, JournalError, type Keeper } from "../../../journal/index.ts";
import { commitMilliseconds, retryMilliseconds } from "./waits.ts";

/** Takes and commits a guest's events a little after they were heard of; its process does not ring for every one. */
export class CommitTimer {
  readonly #keeper: Keeper;
  readonly #fail: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;

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

  /** Looks again each time after finding events; a commit that failed is tried again. */
  #hear(): void {
    this.#timer = undefined;
    try {
      if (!this.#keeper.take()) return;
      this.begin();
      this.#keeper.commit();
    } catch (error) {
      if (error instanceof BreachError || !(error instanceof JournalError))
        return this.#fail(error);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#hear(), retryMilliseconds);
    }
  }
}
