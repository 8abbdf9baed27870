import type { Event, RunNumber } from "../../../journal/index.ts";
import { tellBefore } from "../asking/tell-before.ts";

interface Options {
  readonly journal: string;
  readonly onEvent?: (event: Event) => void;
  readonly since?: number;
}

/** Tells a caller of a run's events, and before that of those of the journal that it asked for. */
export class Telling {
  /** The error that the caller threw; it is told of nothing more. */
  failure: { readonly error: unknown } | undefined;
  /** Resolves when it throws. */
  readonly failed: Promise<void>;
  readonly #options: Options;
  readonly #fail: () => void;
  #run: RunNumber | undefined;

  constructor(options: Options) {
    this.#options = options;
    const failed = Promise.withResolvers<void>();
    this.failed = failed.promise;
    this.#fail = failed.resolve;
  }

  /** Takes events in their order; the first of them begins the run. */
  tell(events: readonly Event[]): void {
    const { journal, onEvent, since } = this.#options;
    if (onEvent === undefined || this.failure !== undefined) return;
    try {
      const [first] = events;
      if (this.#run === undefined && first !== undefined) {
        this.#run = first.run;
        if (since !== undefined) tellBefore(journal, since, first.run, onEvent);
      }
      for (const event of events) onEvent(event);
    } catch (error) {
      this.failure = { error };
      this.#fail();
    }
  }
}
