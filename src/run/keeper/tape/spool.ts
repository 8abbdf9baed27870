import { realpathSync } from "node:fs";
import { dirname } from "node:path";

import {
  JournalError,
  type Keeper,
  SpoolFile,
  defaultBuffering,
  mostSpooledBytes,
  segmentBytes,
} from "../../../../journal/index.ts";
import { ReadAhead } from "./read-ahead.ts";
import { type ReadableTape, fillFor } from "./tape-ranges.ts";

/** The most bytes to read ahead of a guest that reads one segment after the other. */
const mostAhead = 2 * 1024 * 1024;

/**
 * A file without a name, beside the journal, from which a guest's process reads segments of the tape: each stands at its
 * position, as the guest may see it, once the process has asked for it. The process has a descriptor that only reads.
 */
export class TapeSpool implements Disposable {
  readonly #file: SpoolFile;
  readonly #room = Buffer.allocUnsafeSlow(segmentBytes);
  readonly #readAhead = new ReadAhead();
  /** The end of the last answer, and the bytes by which it went beyond what was asked for. */
  #next = -1;
  #ahead = 0;

  constructor(journal: string, limit = defaultBuffering.spoolBytes) {
    this.#file = new SpoolFile(dirname(realpathSync(journal)), limit);
  }

  /** A descriptor for the guest's process; undefined where there can be no such file. */
  get reader(): number | undefined {
    return this.#file.reader();
  }

  /**
   * Puts the segments that hold bytes start..end of the tape there. Returns the answer: f64 end of what is there from
   * the first of them on, f64 epoch. Throws JournalError, and RangeError for bytes that no honest process asks for.
   */
  answer(keeper: Keeper, tape: ReadableTape, start: number, end: number): Buffer {
    const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0;
    if (!isRange || start % segmentBytes !== 0 || end <= start || end - start > mostSpooledBytes)
      throw new RangeError("a question for more tape than there may be");
    const reached = this.#put(keeper, tape, start, end);
    const answer = Buffer.alloc(16);
    answer.writeDoubleLE(reached, 0);
    answer.writeDoubleLE(this.#file.epoch, 8);
    return answer;
  }

  /** Takes note that the guest may see more from now on: it asks for everything again. */
  forget(): void {
    this.#readAhead.end();
    this.#next = -1;
  }

  /** Empties and closes it; the guest's process learns of that from the next answer. */
  [Symbol.dispose](): void {
    this.#readAhead[Symbol.dispose]();
    this.#file[Symbol.dispose]();
  }

  #put(keeper: Keeper, tape: ReadableTape, start: number, end: number): number {
    const wanted = start + Math.ceil((end - start) / segmentBytes) * segmentBytes;
    this.#ahead = start === this.#next ? Math.min(2 * this.#ahead + segmentBytes, mostAhead) : 0;
    const whole = keeper.tapeLength() - (keeper.tapeLength() % segmentBytes);
    const stop = Math.max(wanted, Math.min(wanted + this.#ahead, whole));
    this.#file.makeRoomFor(stop - start);
    const fill = (from: number, room: Buffer) =>
      fillFor(keeper, tape, from, from + segmentBytes, room);
    let at = start;
    try {
      for (; at < stop; at += segmentBytes)
        if (!this.#file.put(at, this.#readAhead.take(at) ?? fill(at, this.#room))) return start;
    } catch (error) {
      // A segment that is read ahead may be damaged, and never be wanted.
      if (!(error instanceof JournalError) || at < wanted) throw error;
    }
    this.#next = at;
    if (this.#ahead > 0) this.#readAhead.begin(at, Math.min(at + this.#ahead, whole), fill);
    else this.#readAhead.end();
    return at;
  }
}
