/** Lets a guest's process wait. Only input and the time wake it up: to stop it, end the process. */
export class Sleeper {
  readonly #word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #idle: () => void;
  readonly #waitForInput: (milliseconds: number) => boolean;

  /**
   * `idle` is called before each wait; `waitForInput` waits for requested input, or until the time is up, and returns
   * false at once if none was requested.
   */
  constructor(idle: () => void, waitForInput: (milliseconds: number) => boolean) {
    this.#idle = idle;
    this.#waitForInput = waitForInput;
  }

  /** Waits, but no longer than so many milliseconds. */
  sleep(milliseconds: number): void {
    this.#idle();
    if (!this.#waitForInput(milliseconds)) Atomics.wait(this.#word, 0, 0, milliseconds);
  }
}
