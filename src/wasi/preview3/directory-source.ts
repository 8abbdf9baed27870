import { listEntries, type ListedEntry } from "../preview2/directory-stream.ts";
import type { Handle } from "../calls/handle.ts";
import type { Host } from "../calls/host.ts";
import { descriptorType } from "../calls/stat.ts";
import { Settled, type Source } from "./channels.ts";
import { type Ended, type ErrorCode, ok } from "./result.ts";

/** Most entries returned at a time. */
const mostAtOnce = 1_024;

/** The entries of a directory as they were at one moment, sorted by name. */
export class DirectorySource implements Source {
  readonly #host: Host;
  /** Entries still to come, the next one last. */
  readonly #rest: ListedEntry[];
  readonly outcome = new Settled<Ended<ErrorCode>>(() => {
    if (this.#rest.length === 0) this.outcome.settle(ok);
  });

  /** Lists the entries now, and closes the handle. Throws FsError. */
  constructor(handle: Handle) {
    this.#host = handle.host;
    this.#rest = listEntries(handle).toReversed();
    handle.close();
  }

  take(most: number): readonly unknown[] | "end" {
    const taken = this.#rest.splice(-Math.min(most, mostAtOnce)).toReversed();
    if (taken.length === 0) {
      this.outcome.settle(ok);
      return "end";
    }
    this.#host.unlist(taken.length);
    return taken.map(({ name, type }) => ({ type: { tag: descriptorType(type) }, name }));
  }

  stop(): void {
    this.#host.unlist(this.#rest.length);
    this.#rest.length = 0;
    this.outcome.settle(ok);
  }
}
