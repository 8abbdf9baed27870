import type { Draft } from "../../../journal/index.ts";
import { FsError } from "./error.ts";
import type { Refusal } from "./failed-opens.ts";
import type { Limits } from "./limits.ts";
import { textLength } from "./text-length.ts";

/** The texts in a run's events may have this length, however little the run may write. */
export const leastTextLength = 16 * 1024 * 1024;

/** Counts what a run has used of the limits that hold for it as a whole, and what could not be told because of them. */
export class RunUse {
  readonly #limits: Limits;
  #events = 0;
  #tapeBytes = 0;
  #textLength = 0;
  /** Counts the refusals after this run's events or tape were used up. */
  #untold = 0;
  /** The limits of the whole run that have been reported. */
  readonly #toldLimits = new Set<string>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  begin(): void {
    this.#events = 0;
    this.#tapeBytes = 0;
    this.#textLength = 0;
    this.#untold = 0;
    this.#toldLimits.clear();
  }

  count(draft: Draft, bytes: number): void {
    this.#events += 1;
    this.#tapeBytes += bytes;
    this.#textLength += textLength(draft);
  }

  /** Throws FsError if the run may not record this. */
  admit(draft: Draft, bytes: number): void {
    const path = "path" in draft ? draft.path : "/";
    if (this.#events >= this.#limits.events) throw new FsError("quota", path, "events");
    if (
      this.#tapeBytes + bytes > this.#limits["tape-bytes"] ||
      this.#lacksRoomFor(textLength(draft))
    )
      throw new FsError("quota", path, "tape-bytes");
  }

  /**
   * Tells if a refusal can be recorded; otherwise counts it. When a run's events or tape are used up, only that limit is
   * recorded: refusals must not fill the disk.
   */
  mayTell({ limit = "", path, count }: Pick<Refusal, "limit" | "path" | "count">): boolean {
    if (this.#events < this.#limits.events && !this.#lacksRoomFor(path.length)) return true;
    const isLimit = limit === "events" || limit === "tape-bytes";
    if (isLimit && !this.#toldLimits.has(limit)) {
      this.#toldLimits.add(limit);
      return true;
    }
    this.#untold += count;
    return false;
  }

  /** Returns a refusal that stands for all that could not be recorded. */
  untold(): Draft | undefined {
    if (this.#untold === 0) return undefined;
    const limit = this.#events >= this.#limits.events ? "events" : "tape-bytes";
    const count = this.#untold;
    return { kind: "fail", operation: "any", path: "/", error: "quota", count, limit };
  }

  /** Texts of events count like written bytes: a run may name as much as it may write. */
  #lacksRoomFor(text: number): boolean {
    const most = Math.max(this.#limits["tape-bytes"], leastTextLength);
    return this.#textLength + text > most;
  }
}
