import type { Room } from "../../fs/index.ts";

/** Feeds a guest's stream, or a future, which has one value. */
export interface Source {
  /**
   * Returns at most so many of the values; "nothing" if there are none yet, "end" if there will be none. Bytes may be
   * written into `room`.
   */
  take(most: number, room?: Room): ArrayLike<unknown> | "nothing" | "end";
  /** Called when the guest reads no more. */
  stop(): void;
  /** True if missing values come from outside, at any time. */
  readonly isInput?: boolean;
}

/** Receives a guest's stream. */
export interface Sink {
  /** Takes values in order, and returns how many; after fewer than all it takes no more, ever. */
  put(values: ArrayLike<unknown>): number;
  /** Called when the guest writes no more. */
  end(): void;
}

/** Passes streams and futures to and from a guest: as objects that only its binding knows. */
export interface Channels {
  stream(source: Source): object;
  /** Returns a stream that is at its end. */
  ended(): object;
  future(source: Source): object;
  /** Takes everything that the guest writes into a stream that it gave away. */
  drain(stream: object, sink: Sink): void;
  /** Drops a stream unread. */
  drop(stream: object): void;
}

/** The value of a future: the guest gets it once, when it is known. */
export class Settled<T> implements Source {
  #value: { readonly value: T } | undefined;
  #isTaken = false;
  readonly #look: () => void;

  /** `look` is called before somebody waits for the value: it may settle it. */
  constructor(look: () => void = nothing) {
    this.#look = look;
  }

  /** Sets the value; only the first call counts. */
  settle(value: T): void {
    this.#value ??= { value };
  }

  get isSettled(): boolean {
    return this.#value !== undefined;
  }

  take(): readonly T[] | "nothing" | "end" {
    if (this.#isTaken) return "end";
    if (this.#value === undefined) this.#look();
    if (this.#value === undefined) return "nothing";
    this.#isTaken = true;
    return [this.#value.value];
  }

  stop(): void {}
}

function nothing(): void {}
