/** Lets a guest's process wait. Nobody wakes it but its input and the time: who wants it to stop ends the process. */
export class Sleeper {
  readonly #word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #idle: () => void;
  readonly #waitForInput: (milliseconds: number) => boolean;

  /**
   * `idle` is called before each wait; `waitForInput` waits until input that was asked for is there, or the time is up,
   * and gives false at once where none was asked for.
   */
  constructor(idle: () => void, waitForInput: (milliseconds: number) => boolean) {
    this.#idle = idle;
    this.#waitForInput = waitForInput;
  }

  /** Waits, but not longer than so many milliseconds. */
  sleep(milliseconds: number): void {
    this.#idle();
    if (!this.#waitForInput(milliseconds)) Atomics.wait(this.#word, 0, 0, milliseconds);
  }
}
