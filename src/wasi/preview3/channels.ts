import type { Room } from "../../fs/index.ts";

/** What a guest reads from a stream, or from a future, which gives one value. */
export interface Source {
  /**
   * Gives some of what there is, at most so many; "nothing" where none is there yet, "end" where none will come. Bytes may
   * be put where `room` says.
   */
  take(most: number, room?: Room): ArrayLike<unknown> | "nothing" | "end";
  /** The guest reads no more. */
  stop(): void;
  /** Whether what is not there yet comes from outside, at any time. */
  readonly isInput?: boolean;
}

/** What a guest's stream goes to. */
export interface Sink {
  /** Takes values, in order, and tells how many: where that is not all of them, it takes no more ever. */
  put(values: ArrayLike<unknown>): number;
  /** The guest writes no more. */
  end(): void;
}

/** How streams and futures come to a guest, and from it: as objects that only its binding knows. */
export interface Channels {
  stream(source: Source): object;
  /** A stream that is at its end. */
  ended(): object;
  future(source: Source): object;
  /** Takes all that the guest writes into a stream that it gave away. */
  drain(stream: object, sink: Sink): void;
  /** Takes nothing of it. */
  drop(stream: object): void;
}

/** The value of a future: the guest has it when it is known, once. */
export class Settled<T> implements Source {
  #value: { readonly value: T } | undefined;
  #isTaken = false;
  readonly #look: () => void;

  /** `look` is called before somebody waits for the value: it may settle it. */
  constructor(look: () => void = nothing) {
    this.#look = look;
  }

  /** The first value counts. */
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
