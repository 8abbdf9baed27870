import { realpathSync, statfsSync } from "node:fs";
import { dirname } from "node:path";

import {
  JournalError,
  type Keeper,
  mostSpooledBytes,
  segmentBytes,
} from "../../../journal/index.ts";
import { RunError } from "../ending/error.ts";
import { UnnamedFile } from "../isolation/index.ts";
import { type ReadableTape, fillFor } from "./tape-ranges.ts";

/** The most bytes that a spool takes on the disk; with more it is begun again. */
const mostBytes = 4 * 1024 * 1024 * 1024;
/** Part of the disk's free room that it takes at most. */
const partOfRoom = 1 / 8;
/** The most bytes to read ahead of a guest that reads one segment after the other. */
const mostAhead = 2 * 1024 * 1024;

/**
 * A file without a name, beside the journal, from which a guest's process reads segments of the tape: each stands at its
 * position, as the guest may see it, once the process has asked for it. The process has a descriptor that only reads.
 */
export class TapeSpool implements Disposable {
  readonly #folder: string;
  #file: UnnamedFile | undefined;
  #room: Buffer | undefined;
  #mostBytes = 0;
  #bytes = 0;
  #epoch = 0;
  /** The end of the last answer, and the bytes by which it went beyond what was asked for. */
  #next = -1;
  #ahead = 0;
  readonly #limit: number;

  /** Does without a file where none can be made: then each answer says that nothing is there. */
  constructor(journal: string, limit = mostBytes) {
    this.#limit = limit;
    this.#folder = dirname(realpathSync(journal));
    this.#file = attempted(() => new UnnamedFile(this.#folder));
  }

  /** A descriptor for the guest's process. */
  get reader(): number | undefined {
    return this.#file?.reader;
  }

  /**
   * Puts the segments that hold bytes start..end of the tape there. Returns the answer: f64 end of what is there from
   * the first of them on, f64 epoch. Throws JournalError, and RangeError for bytes that no honest process asks for.
   */
  answer(keeper: Keeper, tape: ReadableTape, start: number, end: number): Buffer {
    const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0;
    if (!isRange || start % segmentBytes !== 0 || end <= start || end - start > mostSpooledBytes)
      throw new RangeError("a question for more tape than there may be");
    let reached = attempted(() => this.#put(keeper, tape, start, end));
    if (reached === undefined) {
      this[Symbol.dispose]();
      reached = start;
    }
    const answer = Buffer.alloc(16);
    answer.writeDoubleLE(reached, 0);
    answer.writeDoubleLE(this.#epoch, 8);
    return answer;
  }

  /** Empties and closes it; the guest's process learns of that from the next answer. */
  [Symbol.dispose](): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    this.#epoch += 1;
    attempted(() => file.clear());
    file[Symbol.dispose]();
  }

  #put(keeper: Keeper, tape: ReadableTape, start: number, end: number): number {
    const file = this.#file;
    if (file === undefined) return start;
    const wanted = start + Math.ceil((end - start) / segmentBytes) * segmentBytes;
    this.#ahead = start === this.#next ? Math.min(2 * this.#ahead + segmentBytes, mostAhead) : 0;
    const whole = keeper.tapeLength() - (keeper.tapeLength() % segmentBytes);
    const stop = Math.max(wanted, Math.min(wanted + this.#ahead, whole));
    this.#makeRoom(file, stop - start);
    const room = (this.#room ??= Buffer.allocUnsafeSlow(segmentBytes));
    let at = start;
    try {
      for (; at < stop; at += segmentBytes) {
        file.put(fillFor(keeper, tape, at, at + segmentBytes, room), at);
        this.#bytes += segmentBytes;
      }
    } catch (error) {
      // A segment that is read ahead may be damaged, and never be wanted.
      if (!(error instanceof JournalError) || at < wanted) throw error;
    }
    this.#next = at;
    return at;
  }

  #makeRoom(file: UnnamedFile, bytes: number): void {
    if (this.#bytes + bytes <= this.#mostBytes) return;
    if (this.#bytes > 0) {
      file.clear();
      this.#bytes = 0;
      this.#epoch += 1;
    }
    this.#mostBytes = Math.max(
      2 * mostAhead,
      Math.min(this.#limit, roomIn(this.#folder) * partOfRoom),
    );
  }
}

/** Returns the bytes that are free there, 0 if that is not known. */
function roomIn(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

/** Returns undefined where the file cannot be made or written, as on a full disk: the guest is not to notice. */
function attempted<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof RunError) return undefined;
    throw error;
  }
}
