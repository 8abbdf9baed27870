import { MalformedError } from "../format/bytes.ts";
import { openTapeEnd, type TapeEnd } from "../tape/end.ts";
import { segmentBytes } from "../tape/segment.ts";
import { SegmentCache } from "../tape/tape.ts";
import type { KeeperLine } from "./keeper-line.ts";
import { LoggedTape } from "./logged-tape.ts";
import { SpooledTape } from "./spooled-tape.ts";

/** The descriptors from which a guest's process reads the tape, and the memory that it has for that. */
export interface GuestTapeOptions {
  readonly tapeLength: number;
  readonly logReader?: number;
  readonly spool?: number;
  readonly cacheBytes: number;
}

/**
 * The tape as a guest's process has it, which has no journal open: it writes at its end, and reads bytes back from where
 * they are nearest, which is memory, the log, the spool, or the keeper. Reading throws MalformedError for bytes that are
 * not there, JournalError if the keeper refuses, and errors of node:fs.
 */
export class GuestTape {
  readonly #line: KeeperLine;
  readonly #cache: SegmentCache;
  readonly #spool: SpooledTape | undefined;
  readonly #logged: LoggedTape | undefined;
  /**
   * The length of the tape that the keeper can read, if only from the log; what lies beyond is in memory. The end of the
   * tape reads its last segment when it is opened, and needs this.
   */
  #readable: number;
  #end: TapeEnd;
  /** Memory of a segment that the cache dropped, for reuse. */
  #spare: Buffer | undefined;

  constructor(line: KeeperLine, options: GuestTapeOptions) {
    this.#line = line;
    this.#cache = new SegmentCache(options.cacheBytes);
    this.#spool = spooledTape(line, options.spool);
    this.#logged = options.logReader === undefined ? undefined : new LoggedTape(options.logReader);
    this.#readable = options.tapeLength;
    this.#end = this.#openEnd(options.tapeLength);
  }

  /** The length of all of it, with what is not committed. */
  get length(): number {
    return this.#end.length();
  }

  /** Takes the payload of a record, which stands in the log from `logAt` on. */
  append(payload: Uint8Array, logAt: number): void {
    this.#logged?.note(this.#end.length(), logAt, payload.length);
    this.#end.append(payload);
  }

  /** Copies bytes start..end into `target` at `at`. */
  read(start: number, end: number, target: Uint8Array, at: number): void {
    this.#end.read(start, end, target, at);
  }

  /** Must be called when the keeper can read the tape up to this length: whole segments move to the cache. */
  settle(reached: number): void {
    this.#readable = reached;
    this.#end.settle(reached);
  }

  /** Must be called when the log was begun again. */
  forgetLog(): void {
    this.#logged?.clear();
  }

  /** Goes on from a tape of that length, which others wrote meanwhile, and of which other bytes may be seen. */
  overtake(length: number): void {
    // All that could not be seen was read as zeros.
    this.#cache.clear();
    this.#spool?.forget();
    this.#readable = length;
    this.#end = this.#openEnd(length);
  }

  #openEnd(length: number): TapeEnd {
    return openTapeEnd(
      { read: this.#readSettled, remember: (at, whole) => this.#cache.put(at, whole) },
      length,
    );
  }

  readonly #readSettled = (start: number, end: number, target: Uint8Array, at: number): void => {
    for (let from = start; from < end;) {
      const first = from - (from % segmentBytes);
      let stop = Math.min(end, first + segmentBytes);
      const known = this.#cache.get(first);
      if (known !== undefined)
        target.set(known.subarray(from - first, stop - first), at + from - start);
      else if (!this.#isLogged(from, stop, target, at + from - start)) {
        const spooled = Math.min(end, this.#spooledEnd(first, end));
        if (spooled > from && this.#spool?.read(from, spooled, target, at + from - start) === true)
          stop = spooled;
        else this.#fetch(first, from, stop, target, at + from - start);
      }
      from = stop;
    }
  };

  /** Copies bytes that the log has; returns false if it does not have all of them. */
  #isLogged(start: number, end: number, target: Uint8Array, at: number): boolean {
    try {
      return this.#logged?.read(start, end, target, at) === true;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      // The keeper emptied the log, and could not begin it again: it has committed all of it.
      this.#logged?.clear();
      return false;
    }
  }

  /** Returns where the whole segments from `first` on end that neither memory has nor the log. */
  #spooledEnd(first: number, end: number): number {
    const most = Math.min(end, this.#readable - segmentBytes + 1, this.#logged?.start ?? end);
    let stop = first;
    while (stop < most && !this.#cache.has(stop)) stop += segmentBytes;
    return stop;
  }

  /** Reads a whole segment if there is one, because bytes nearby are often read next. */
  #fetch(first: number, start: number, end: number, target: Uint8Array, at: number): void {
    if (first + segmentBytes > this.#readable) {
      target.set(this.#line.readTape(start, end), at);
      return;
    }
    // Memory that is new to the process costs more than reading the bytes.
    const whole = this.#line.readTape(first, first + segmentBytes, this.#spare);
    this.#spare = this.#cache.put(first, whole);
    target.set(whole.subarray(start - first, end - first), at);
  }
}

function spooledTape(line: KeeperLine, descriptor: number | undefined): SpooledTape | undefined {
  if (descriptor === undefined || line.hold === undefined) return undefined;
  return new SpooledTape({ descriptor, hold: line.hold });
}
