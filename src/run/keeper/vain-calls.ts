import type { Draft, Event } from "../../../journal/index.ts";
import type { Limits, Refusal } from "../../fs/index.ts";
import { clipped } from "../ending/failure.ts";

/** Limits how many are kept, the first ones; no filesystem of ours has more waiting. */
const mostWaiting = 256;

/**
 * Fruitless calls that a guest's process has reported but not recorded yet: it records them before the next event, or
 * never if it is ended before that.
 */
export class VainCalls {
  readonly #waiting = new Map<string, Refusal>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Takes a process's report, which is not trusted. Throws RangeError for bytes that are no such call. */
  told(body: Buffer): void {
    const value: unknown = JSON.parse(body.toString("utf8"));
    const { operation, path, error, limit } = (value ?? {}) as Record<string, unknown>;
    if (typeof operation !== "string" || typeof path !== "string" || typeof error !== "string")
      throw new RangeError("no call");
    if (limit !== undefined && typeof limit !== "string") throw new RangeError("no call");
    const words = [operation, error, limit ?? ""].map(({ length }) => length);
    if (Math.max(...words, path.length - this.#limits["path-bytes"]) > 64)
      throw new RangeError("a call with more text than there may be");
    const refusal = {
      operation: clipped(operation),
      path: clipped(path),
      error: clipped(error),
      count: 1,
      ...(limit === undefined ? {} : { limit: clipped(limit) }),
    };
    if (this.#waiting.size < mostWaiting) this.#waiting.set(keyOf(refusal), refusal);
  }

  /** Removes the call that an event has recorded. */
  taken(event: Event): void {
    if (event.kind === "fail") this.#waiting.delete(keyOf(event));
  }

  /** Removes all: the process recorded them before it reported its guest's end. */
  clear(): void {
    this.#waiting.clear();
  }

  /** Yields the calls still to be recorded of a run that was ended. */
  *rest(): Generator<Draft> {
    for (const refusal of this.#waiting.values()) yield { kind: "fail", ...refusal };
  }
}

function keyOf({ operation, path, error, limit }: Omit<Refusal, "count">): string {
  return JSON.stringify([operation, path, error, limit]);
}
