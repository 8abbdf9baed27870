/** Lets a guest's process wait. Only input, the time, and what somebody else changed wake it up: to stop it, end the process. */
export class Sleeper {
  readonly #word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #idle: () => void;
  readonly #look: (() => boolean) | undefined;
  readonly #waitForInput: (milliseconds: number) => boolean;

  /**
   * `idle` is called before each wait; `waitForInput` waits for requested input, or until the time is up, and returns
   * false at once if none was requested. `look` is called now and then meanwhile, and returns true to end the wait.
   */
  constructor(
    idle: () => void,
    waitForInput: (milliseconds: number) => boolean,
    look?: () => boolean,
  ) {
    this.#idle = idle;
    this.#waitForInput = waitForInput;
    this.#look = look;
  }

  /** Waits, but no longer than so many milliseconds. */
  sleep(milliseconds: number): void {
    this.#idle();
    if (this.#look?.() === true) return;
    if (this.#waitForInput(milliseconds)) return void this.#look?.();
    if (this.#look === undefined) return void Atomics.wait(this.#word, 0, 0, milliseconds);
    for (let left = milliseconds; left > 0; left -= lookMilliseconds) {
      Atomics.wait(this.#word, 0, 0, Math.min(left, lookMilliseconds));
      if (this.#look()) return;
    }
  }
}

/** Milliseconds between two looks, while a guest waits. */
const lookMilliseconds = 50;
