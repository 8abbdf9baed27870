import { segmentBytes } from "../tape/segment.ts";
import { readFully } from "../tape/spool-file.ts";

/**
 * The file through which a guest's process reads the tape: the keeper puts whole segments there, each at its position,
 * and the process reads them as often as it likes without a question.
 */
export interface Spool {
  /** A descriptor that can only read. */
  readonly descriptor: number;
  /** Asks the keeper to put the segments that hold bytes start..end there. */
  hold(start: number, end: number): SpoolAnswer;
}

export interface SpoolAnswer {
  /** The end of what is there from the asked start on; the start itself if the keeper could not put it there. */
  readonly end: number;
  /** Counts how often the file was begun again: what was there before is gone. */
  readonly epoch: number;
}

/** The most bytes to ask for at once. */
export const mostSpooledBytes = 4 * segmentBytes;

/** Reads whole segments of the committed tape from a spool. */
export class SpooledTape {
  readonly #spool: Spool;
  /** The starts of the segments that are there. */
  readonly #held = new Set<number>();
  #epoch = 0;
  #isRefused = false;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  /** Copies bytes start..end into `target` at `at`. Returns false if the keeper could not put all of them there. */
  read(start: number, end: number, target: Uint8Array, at: number): boolean {
    for (let from = start; from < end;) {
      const stop = Math.min(end, this.#heldFrom(from - (from % segmentBytes), end));
      if (stop <= from) return false;
      readFully(this.#spool.descriptor, target, at + from - start, stop - from, from);
      from = stop;
    }
    return true;
  }

  /** Returns where what is there from a segment's start on ends, but none or more than one segment beyond `wanted`. */
  #heldFrom(first: number, wanted: number): number {
    let stop = first;
    while (stop < wanted && this.#held.has(stop)) stop += segmentBytes;
    return stop === first ? this.#ask(first, wanted) : stop;
  }

  #ask(first: number, wanted: number): number {
    if (this.#isRefused) return first;
    const { end, epoch } = this.#spool.hold(first, Math.min(wanted, first + mostSpooledBytes));
    if (epoch !== this.#epoch) this.#held.clear();
    this.#epoch = epoch;
    this.#isRefused = end <= first;
    for (let start = first; start < end; start += segmentBytes) this.#held.add(start);
    return end;
  }
}
