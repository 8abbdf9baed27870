import type { MessagePort } from "node:worker_threads";

import { mostInputBytes } from "../../protocol/frames.ts";

/** Hands the port's input to the guest's process, piece by piece, as it asks. */
export class InputFeed {
  readonly #port: MessagePort | undefined;
  #chunk: Uint8Array | null = new Uint8Array();
  #isAsked = false;
  #waiting: ((arrived: Uint8Array | null | undefined) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Set if a process that waited was to look about, and none did. */
  #isNudged = false;

  constructor(port: MessagePort | undefined) {
    this.#port = port;
    if (port === undefined) this.#chunk = null;
    port?.on("message", (message: unknown) => {
      this.#isAsked = false;
      this.#chunk = message instanceof Uint8Array ? message : null;
      this.#answer();
    });
    port?.unref();
  }

  /**
   * Calls `answer` with the next bytes, null at the end, or undefined if nothing comes in time. An honest process asks
   * once at a time: of several questions the last one is answered.
   */
  take(milliseconds: number, answer: (arrived: Uint8Array | null | undefined) => void): void {
    this.#waiting = answer;
    clearTimeout(this.#timer);
    if (this.#chunk === null || this.#chunk.length > 0) return this.#answer();
    if (!this.#isAsked) {
      this.#isAsked = true;
      this.#port?.postMessage("more");
    }
    if (!(milliseconds > 0) || this.#isNudged) {
      this.#isNudged &&= !(milliseconds > 0);
      return this.#answer();
    }
    if (milliseconds < longestMilliseconds)
      this.#timer = setTimeout(() => this.#answer(), milliseconds);
  }

  /** Answers a process that waits that nothing came, so that it looks about. */
  nudge(): void {
    this.#isNudged = this.#waiting === undefined;
    this.#answer();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = undefined;
    this.#port?.close();
  }

  #answer(): void {
    const answer = this.#waiting;
    if (answer === undefined) return;
    this.#waiting = undefined;
    clearTimeout(this.#timer);
    if (this.#chunk === null) return answer(null);
    if (this.#chunk.length === 0) return answer(undefined);
    const taken = this.#chunk.subarray(0, mostInputBytes);
    this.#chunk = this.#chunk.subarray(taken.length);
    answer(taken);
  }
}

/** setTimeout misreads a longer time: such a wait ends with the input. */
const longestMilliseconds = 2 ** 31 - 1;
