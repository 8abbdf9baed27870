/** Words of the memory that the main thread shares with the worker in which the guest runs. */
const word = { order: 0, wake: 1, backlog: 2 } as const;
const words = 3;

/** Output that may be on its way to the main thread before the guest has to wait. */
const mostBacklogBytes = 1024 * 1024;

/** What the guest is to do before its next host call; the higher ones end it. */
const order = { go: 0, pause: 1, timeout: 2, interrupt: 3, terminate: 4, abort: 5 } as const;

/** Why the main thread ended a guest, with the exit code that `rewindfs run` gives and the reason in the journal. */
export const stops = {
  timeout: { order: order.timeout, exit: 124, reason: "timeout" },
  interrupt: { order: order.interrupt, exit: 130, reason: "interrupted" },
  terminate: { order: order.terminate, exit: 143, reason: "interrupted" },
  abort: { order: order.abort, exit: 130, reason: "interrupted" },
} as const;

export type Stop = keyof typeof stops;

export function newControlMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT);
}

/** The main thread's hand on a running guest. */
export class Controller {
  readonly #memory: Int32Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = new Int32Array(memory);
  }

  /** Holds the guest at its next host call. */
  pause(): void {
    Atomics.compareExchange(this.#memory, word.order, order.go, order.pause);
  }

  resume(): void {
    Atomics.compareExchange(this.#memory, word.order, order.pause, order.go);
    this.wake();
  }

  /** Ends the guest at its next host call, or now if it waits. The first reason given counts. */
  stop(stop: Stop): void {
    for (const before of [order.go, order.pause]) {
      Atomics.compareExchange(this.#memory, word.order, before, stops[stop].order);
    }
    this.wake();
  }

  /** Counts off bytes of output that the main thread has dealt with. */
  took(bytes: number): void {
    Atomics.sub(this.#memory, word.backlog, bytes);
    this.wake();
  }

  /** Lets a waiting guest look again at what it waits for. */
  wake(): void {
    Atomics.add(this.#memory, word.wake, 1);
    Atomics.notify(this.#memory, word.wake);
  }
}

/** The worker's end of the same memory. */
export class Checkpoint {
  readonly #memory: Int32Array<SharedArrayBuffer>;
  readonly #end: (stop: Stop) => never;
  readonly #idle: () => void;

  /** `end` is called, and must throw, when the guest is to stop; `idle` before each wait. */
  constructor(memory: SharedArrayBuffer, end: (stop: Stop) => never, idle: () => void) {
    this.#memory = new Int32Array(memory);
    this.#end = end;
    this.#idle = idle;
  }

  /** Returns when the guest may go on; waits while it is paused. */
  pass(): void {
    if (Atomics.load(this.#memory, word.order) !== order.go) this.#obey();
  }

  /** A number that changes with each wake-up: take it before looking at what is awaited. */
  seen(): number {
    return Atomics.load(this.#memory, word.wake);
  }

  /** Waits for a wake-up later than `seen`, but not longer than so many milliseconds. */
  wait(seen: number, milliseconds: number): void {
    this.#idle();
    // An order that came before `seen` was taken wakes nobody any more; one that comes after this look does.
    this.pass();
    Atomics.wait(this.#memory, word.wake, seen, milliseconds);
    this.pass();
  }

  /** Counts bytes of output on their way to the main thread; waits while too many are. */
  gave(bytes: number): void {
    Atomics.add(this.#memory, word.backlog, bytes);
    for (;;) {
      const seen = this.seen();
      if (Atomics.load(this.#memory, word.backlog) <= mostBacklogBytes) return;
      this.wait(seen, Infinity);
    }
  }

  #obey(): void {
    for (;;) {
      const seen = this.seen();
      const current = Atomics.load(this.#memory, word.order);
      if (current === order.go) return;
      const stop = stopOf(current);
      if (stop !== undefined) this.#end(stop);
      this.#idle();
      Atomics.wait(this.#memory, word.wake, seen);
    }
  }
}

function stopOf(current: number): Stop | undefined {
  switch (current) {
    case order.timeout:
      return "timeout";
    case order.interrupt:
      return "interrupt";
    case order.terminate:
      return "terminate";
    case order.abort:
      return "abort";
    default:
      return undefined;
  }
}
