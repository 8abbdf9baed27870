/** A value that is loaded at its first use, forgotten when others were used since, and loaded again. */
export class Loaded<T> implements Forgettable {
  readonly #memory: LoadedMemory;
  readonly #load: () => T;
  readonly #sizeOf: (value: T) => number;
  #held: { readonly value: T; readonly size: number } | undefined;
  #turn = -1;
  #isAgain = false;

  constructor(memory: LoadedMemory, load: () => T, sizeOf: (value: T) => number) {
    this.#memory = memory;
    this.#load = load;
    this.#sizeOf = sizeOf;
  }

  /** Throws what loading it throws. */
  get value(): T {
    if (this.#held === undefined) {
      const value = this.#load();
      this.#held = { value, size: this.#sizeOf(value) };
      if (this.#isAgain) this.#memory.again(this.#held.size);
      this.#isAgain = true;
    }
    const { value, size } = this.#held;
    if (this.#turn !== this.#memory.turn) this.#turn = this.#memory.use(this, size);
    return value;
  }

  get isLoaded(): boolean {
    return this.#held !== undefined;
  }

  /** Forgets the value unless it was used in this turn. */
  forget(turn: number): void {
    if (this.#turn !== turn) this.#held = undefined;
  }
}

interface Forgettable {
  forget(turn: number): void;
}

/**
 * Holds about as many bytes as it may: a turn ends when half of them were used in it, and what was used neither in it
 * nor in the turn before is forgotten. A walk over all of a state needs all of it, over and over: when much was loaded
 * again since `begin`, more is held, up to eight times as much. Lists and no Map, whose outgrown tables would keep
 * values alive.
 */
export class LoadedMemory {
  turn = 0;
  readonly #least: number;
  #most: number;
  /** Bytes that were loaded again since more was allowed. */
  #again = 0;
  #size = 0;
  #now: Forgettable[] = [];
  #before: Forgettable[] = [];

  constructor(mostBytes: number) {
    this.#least = mostBytes;
    this.#most = mostBytes;
  }

  /** Begins with another state. */
  begin(): void {
    this.#most = this.#least;
    this.#again = 0;
  }

  /** Notes that a value of this size had been forgotten, and was needed again. */
  again(size: number): void {
    this.#again += size;
    if (this.#again < this.#most * 2 || this.#most >= this.#least * 8) return;
    this.#most *= 2;
    this.#again = 0;
  }

  /** Notes that a value of this size is used in this turn; returns the turn. */
  use(loaded: Forgettable, size: number): number {
    if (this.#size + size > this.#most / 2 && this.#now.length > 0) {
      for (const old of this.#before) old.forget(this.turn);
      this.#before = this.#now;
      this.#now = [];
      this.#size = 0;
      this.turn += 1;
    }
    this.#now.push(loaded);
    this.#size += size;
    return this.turn;
  }
}
