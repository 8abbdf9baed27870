import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { failure } from "../interface/storage-error.ts";
import { recordLength, resealRecord } from "../writer/redo-log.ts";

/** The most bytes that are held. One write of so many takes a third of the time of a write for each 4 KiB. */
const mostBytes = 64 * 1024;
/** Two writes of the second thread are so far apart. */
const heldMilliseconds = 5;
/** Starting the second thread costs as much as holding some thousand records saves. */
export const usualRecordsBefore = 6_000;
/** The second thread's program is short and makes no garbage. */
const threadLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, codeRangeSizeMb: 8 };

/** Places of the numbers that both threads see. */
const places = { lock: 0, filled: 1, written: 2, failed: 3, ready: 4, asleep: 5 } as const;

/**
 * Holds the last records of a guest's log in the memory of its process for some milliseconds, so that one write takes
 * many. A second thread writes them when the guest's own makes no call that could. A SIGKILL of the process takes along
 * what is held: so this is for a durability that promises no more.
 */
export class HeldRecords {
  readonly #descriptor: number;
  /** The journal's name, for messages. */
  readonly #file: string;
  readonly #bytes = Buffer.from(new SharedArrayBuffer(mostBytes));
  readonly #words = new Int32Array(new SharedArrayBuffer(6 * Int32Array.BYTES_PER_ELEMENT));
  readonly #recordsBefore: number;
  #records = 0;
  #isReady = false;
  #thread: Worker | undefined;

  /** Holds nothing before so many records: most guests write few. */
  constructor(descriptor: number, file: string, recordsBefore: number) {
    this.#descriptor = descriptor;
    this.#file = file;
    this.#recordsBefore = recordsBefore;
  }

  /**
   * Takes a sealed record; returns false where the caller is to write it, and then nothing is held. Throws JournalError
   * or an error of node:fs if what was held cannot be written: the record is not taken, and `renew` must come next.
   */
  take(buffer: Buffer, start: number, end: number): boolean {
    const words = this.#words;
    if (!this.#isReady) {
      this.#isReady = Atomics.load(words, places.ready) === 1;
      if (!this.#isReady) this.#startWhenDue();
      return false;
    }
    const length = end - start;
    lock(words, places.lock);
    try {
      let at = Atomics.load(words, places.filled);
      if (at + length > mostBytes) {
        this.#write();
        at = 0;
      }
      if (Atomics.load(words, places.failed) !== 0) throw full(this.#file);
      if (length > mostBytes) return false;
      buffer.copy(this.#bytes, at, start, end);
      Atomics.store(words, places.filled, at + length);
    } finally {
      unlock(words, places.lock);
    }
    if (Atomics.load(words, places.asleep) === 1) {
      Atomics.store(words, places.asleep, 0);
      Atomics.notify(words, places.asleep);
    }
    return true;
  }

  /** Tells whether anything is held. */
  get isHolding(): boolean {
    return Atomics.load(this.#words, places.filled) > 0;
  }

  /** Writes what is held. Throws as `take` does. */
  flush(): void {
    if (!this.isHolding) return;
    lock(this.#words, places.lock);
    try {
      this.#write();
    } finally {
      unlock(this.#words, places.lock);
    }
  }

  /**
   * Writes what could not be written before the log was begun again with this tag. Returns the length and the number of
   * these records. Throws as `take` does.
   */
  renew(tag: Uint8Array): { readonly bytes: number; readonly records: number } {
    const words = this.#words;
    lock(words, places.lock);
    try {
      const [end, written] = [places.filled, places.written].map((at) => Atomics.load(words, at));
      const all = this.#recordsUpTo(end ?? 0);
      // Those that came into the old log as a whole the keeper has taken from there.
      const left = all.filter(({ start, length }) => start + length > (written ?? 0));
      for (const { start } of left) resealRecord(this.#bytes, start, tag);
      const from = left[0]?.start ?? end ?? 0;
      this.#bytes.copyWithin(0, from, end);
      const bytes = (end ?? 0) - from;
      Atomics.store(words, places.filled, bytes);
      Atomics.store(words, places.written, 0);
      Atomics.store(words, places.failed, 0);
      this.#write();
      return { bytes, records: left.length };
    } finally {
      unlock(words, places.lock);
    }
  }

  /** Ends the second thread. Nothing may be taken any more. */
  close(): void {
    if (this.#thread === undefined) return;
    // Its lock is kept: the descriptor may be another file's soon.
    lock(this.#words, places.lock);
    void this.#thread.terminate();
  }

  #recordsUpTo(end: number): { readonly start: number; readonly length: number }[] {
    const records = [];
    for (let start = 0; start < end;) {
      const length = recordLength(this.#bytes, start);
      records.push({ start, length });
      start += length;
    }
    return records;
  }

  /** Writes what is held. The caller must have the lock. */
  #write(): void {
    if (Atomics.load(this.#words, places.failed) !== 0) throw full(this.#file);
    let failed: unknown;
    writeHeld(this.#words, places, (length) => {
      try {
        return writeSync(this.#descriptor, this.#bytes, 0, length);
      } catch (error) {
        failed = error;
        return 0;
      }
    });
    if (Atomics.load(this.#words, places.failed) !== 0) throw failed ?? full(this.#file);
  }

  #startWhenDue(): void {
    this.#records += 1;
    if (this.#records < this.#recordsBefore || this.#thread !== undefined) return;
    const shared: Shared = {
      words: this.#words,
      bytes: this.#bytes,
      descriptor: this.#descriptor,
      places,
      heldMilliseconds,
    };
    const program = [keepWriting, lock, unlock, writeHeld].map(String);
    // Without it, each record is written by itself, as before.
    try {
      this.#thread = threadOf(program, shared);
    } catch {
      this.#records = Number.NEGATIVE_INFINITY;
    }
  }
}

function threadOf(program: readonly string[], workerData: Shared): Worker {
  const thread = new Worker(`(${program[0]})(require, ${program.slice(1).join(", ")})`, {
    eval: true,
    workerData,
    execArgv: [],
    env: {},
    resourceLimits: threadLimits,
  });
  thread.on("error", () => {});
  thread.unref();
  return thread;
}

function full(file: string): Error {
  return failure("full", "write", file, "the disk is full, or a quota is used up");
}

/*
 * The functions below are handed to the second thread as text, as the process sees no file of ours but the one that it
 * runs. So they name nothing outside of themselves.
 */

/** Takes the lock, whose word is 0, 1 while a thread has it, or 2 if another one waits besides. */
function lock(words: Int32Array, at: number): void {
  let state = Atomics.compareExchange(words, at, 0, 1);
  if (state === 1) state = Atomics.exchange(words, at, 2);
  while (state !== 0) {
    Atomics.wait(words, at, 2);
    state = Atomics.exchange(words, at, 2);
  }
}

function unlock(words: Int32Array, at: number): void {
  if (Atomics.sub(words, at, 1) === 1) return;
  Atomics.store(words, at, 0);
  Atomics.notify(words, at, 1);
}

/** Writes what is held; after a write that failed or was short, notes how far it came. The caller has the lock. */
function writeHeld(
  words: Int32Array,
  { filled, written, failed }: typeof places,
  write: (length: number) => number,
): void {
  const length = Atomics.load(words, filled);
  if (length === 0 || Atomics.load(words, failed) !== 0) return;
  const count = write(length);
  Atomics.store(words, written, count);
  if (count < length) Atomics.store(words, failed, 1);
  else Atomics.store(words, filled, 0);
}

/** Handed to the second thread. */
interface Shared {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly descriptor: number;
  readonly places: typeof places;
  readonly heldMilliseconds: number;
}

/** Is the second thread. */
function keepWriting(
  load: (name: string) => unknown,
  ...[take, give, writeAll]: [typeof lock, typeof unlock, typeof writeHeld]
): void {
  const { workerData } = load("node:worker_threads") as typeof import("node:worker_threads");
  const { writeSync: write } = load("node:fs") as typeof import("node:fs");
  const { words, bytes, descriptor, places: at, heldMilliseconds: pause } = workerData as Shared;
  const clock = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  Atomics.store(words, at.ready, 1);
  for (let idle = 0; ; idle += 1) {
    Atomics.wait(clock, 0, 0, pause);
    if (Atomics.load(words, at.filled) > 0) {
      idle = 0;
      take(words, at.lock);
      writeAll(words, at, (length) => {
        try {
          return write(descriptor, bytes, 0, length);
        } catch {
          // The guest's thread tries it again, and tells of it.
          return 0;
        }
      });
      give(words, at.lock);
    } else if (idle > 40) {
      Atomics.store(words, at.asleep, 1);
      if (Atomics.load(words, at.filled) === 0) Atomics.wait(words, at.asleep, 1);
      idle = 0;
    }
  }
}
