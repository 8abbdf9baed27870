import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";

import type { OutputTarget } from "../../protocol/keeper-protocol.ts";
import { visibleSink } from "./visible-sink.ts";

/** State of one of the guest's outputs. `closed`: nobody reads it any more. */
export type OutputState = "open" | "closed" | "failed";

export interface OutputPumpOptions {
  readonly target: OutputTarget;
  /** Shows a guest's escape sequences as text, for a terminal. */
  readonly visible: boolean;
  /** Hands bytes to the thread that asked for the run; it calls `took` once it has dealt with them. */
  readonly give: (bytes: Uint8Array) => void;
  /** Called whenever fewer bytes are waiting than before. */
  readonly onLess: () => void;
}

/** Carries one of the guest's outputs to its destination, without ever waiting for the reader. */
export class OutputPump {
  readonly #target: OutputTarget;
  readonly #sink: (bytes: Uint8Array) => void;
  readonly #give: (bytes: Uint8Array) => void;
  readonly #onLess: () => void;
  readonly #descriptor: number;
  #state: OutputState = "open";
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Bytes that the caller was given and has not dealt with. */
  #given = 0;
  #retry: NodeJS.Timeout | undefined;
  #pause = 1;

  constructor({ target, visible, give, onLess }: OutputPumpOptions) {
    this.#target = target;
    this.#descriptor = typeof target === "number" ? nonBlockingTwin(target) : -1;
    this.#sink = visible ? visibleSink((bytes) => this.#push(bytes)) : (bytes) => this.#push(bytes);
    this.#give = give;
    this.#onLess = onLess;
  }

  get state(): OutputState {
    return this.#state;
  }

  /** Returns how many bytes are waiting. */
  get backlog(): number {
    return this.#given + this.#waitingBytes;
  }

  put(bytes: Uint8Array): void {
    if (this.#state === "open") this.#sink(bytes);
  }

  /** Notes that the caller has dealt with so many bytes. */
  took(bytes: number): void {
    this.#given = Math.max(0, this.#given - bytes);
    this.#onLess();
  }

  /** Drops the waiting bytes. */
  drop(): void {
    clearTimeout(this.#retry);
    this.#forget();
    this.#given = 0;
  }

  #push(bytes: Uint8Array): void {
    if (this.#target === "ignore" || bytes.length === 0) return;
    if (this.#target === "caller") {
      const copy = Uint8Array.from(bytes);
      this.#given += copy.length;
      this.#give(copy);
      return;
    }
    this.#waiting.push(Uint8Array.from(bytes));
    this.#waitingBytes += bytes.length;
    if (this.#retry === undefined) this.#flush();
  }

  /** Joins all waiting bytes: of a guest that prints bytes one by one, a million may wait. */
  #next(): Uint8Array | undefined {
    if (this.#waiting.length > 1) this.#waiting = [Buffer.concat(this.#waiting)];
    return this.#waiting[0];
  }

  #forget(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #flush(): void {
    this.#retry = undefined;
    for (let piece = this.#next(); piece !== undefined; piece = this.#next()) {
      try {
        const written = writeSync(this.#descriptor, piece);
        this.#pause = 1;
        this.#waitingBytes -= written;
        this.#waiting = written === piece.length ? [] : [piece.subarray(written)];
      } catch (error) {
        const code = codeOf(error);
        if (code === undefined) throw error;
        if (code === "EAGAIN") {
          this.#retry = setTimeout(() => this.#flush(), this.#pause);
          this.#pause = Math.min(this.#pause * 2, longestRetryMilliseconds);
          return;
        }
        this.#state = code === "EPIPE" ? "closed" : "failed";
        this.#forget();
      }
    }
    this.#onLess();
  }
}

const longestRetryMilliseconds = 20;

/**
 * Opens the same pipe or terminal once more so that a write never blocks in the kernel, where signals and the guest's
 * events would wait too. The flag stays off the original, which other processes share. Files are not reopened: that
 * would lose their position.
 */
function nonBlockingTwin(descriptor: number): number {
  const stat = fstatSync(descriptor);
  if (!stat.isFIFO() && !stat.isCharacterDevice()) return descriptor;
  try {
    const twin = openSync(
      `/proc/self/fd/${descriptor}`,
      constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
    const same = fstatSync(twin);
    if (same.dev === stat.dev && same.ino === stat.ino) return twin;
    closeSync(twin);
    return descriptor;
  } catch {
    // No /proc here, or no right to reopen it: use the original, which can only block longer.
    return descriptor;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
