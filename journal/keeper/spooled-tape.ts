import { copyBytes } from "../format/bytes.ts";
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

/** A read up to this length that goes on where the last one ended is made of bytes that are read ahead… */
const smallBytes = 8 * 1024;
/** …so many with one call. */
const aheadBytes = 64 * 1024;

/** The most bytes to ask for at once. */
export const mostSpooledBytes = 4 * segmentBytes;

/** Reads whole segments of the committed tape from a spool. */
export class SpooledTape {
  readonly #spool: Spool;
  /** The starts of the segments that are there. */
  readonly #held = new Set<number>();
  #epoch = 0;
  #isRefused = false;
  /** The end of the last read, and bytes of the tape from `#aheadAt` on that were read with it. */
  #next = -1;
  #aheadAt = 0;
  #ahead: Uint8Array = new Uint8Array(0);
  #room: Uint8Array | undefined;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  /** Copies bytes start..end into `target` at `at`. Returns false if the keeper could not put all of them there. */
  read(start: number, end: number, target: Uint8Array, at: number): boolean {
    const isNext = start === this.#next;
    this.#next = end;
    if (end - start <= smallBytes) {
      if (isNext && !this.#isAhead(start, end)) this.#readAhead(start);
      if (this.#isAhead(start, end)) {
        copyBytes(this.#ahead, start - this.#aheadAt, end - this.#aheadAt, target, at);
        return true;
      }
    }
    for (let from = start; from < end;) {
      const stop = Math.min(end, this.#heldFrom(from - (from % segmentBytes), end));
      if (stop <= from) return false;
      readFully(this.#spool.descriptor, target, at + from - start, stop - from, from);
      from = stop;
    }
    return true;
  }

  /** Forgets all that is there: it is asked for again. */
  forget(): void {
    this.#held.clear();
    this.#isRefused = false;
    this.#next = -1;
    this.#ahead = new Uint8Array(0);
  }

  #isAhead(start: number, end: number): boolean {
    return start >= this.#aheadAt && end <= this.#aheadAt + this.#ahead.length;
  }

  /** Reads the bytes from a position on that are there already: as many as small reads in a row are likely to want. */
  #readAhead(start: number): void {
    const first = start - (start % segmentBytes);
    if (!this.#held.has(first)) return;
    const length = Math.min(aheadBytes, first + segmentBytes - start);
    const room = (this.#room ??= new Uint8Array(aheadBytes));
    readFully(this.#spool.descriptor, room, 0, length, start);
    this.#aheadAt = start;
    this.#ahead = room.subarray(0, length);
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
