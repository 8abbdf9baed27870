import { readFully } from "../tape/spool-file.ts";

/** The most bytes of the log to read at once where payloads are small: records stand between them. */
const spanBytes = 256 * 1024;

/**
 * Reads what a guest's process wrote to the tape since its log was last begun, from the log itself: so it need not keep
 * that in memory, and asks nobody for it.
 */
export class LoggedTape {
  /** A descriptor of the log that can only read. */
  readonly #descriptor: number;
  /** The payloads, oldest first: positions on the tape, which go on from one another, and in the log. */
  #tapeAt: number[] = [];
  #logAt: number[] = [];
  #end = 0;
  #span: Uint8Array | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** The position on the tape from which on the log has all bytes; infinite while it has none. */
  get start(): number {
    return this.#tapeAt[0] ?? Number.POSITIVE_INFINITY;
  }

  /** Notes the next payload: its positions on the tape and in the log, and its length, which may be 0. */
  note(tapeAt: number, logAt: number, length: number): void {
    if (length === 0) return;
    this.#tapeAt.push(tapeAt);
    this.#logAt.push(logAt);
    this.#end = tapeAt + length;
  }

  /** Forgets everything: the log was begun again. */
  clear(): void {
    this.#tapeAt = [];
    this.#logAt = [];
    this.#end = 0;
  }

  /**
   * Copies bytes start..end of the tape into `target` at `at`. Returns false, and copies nothing, unless the log has all
   * of them. Throws MalformedError if the log is shorter than what was noted, and errors of node:fs.
   */
  read(start: number, end: number, target: Uint8Array, at: number): boolean {
    if (start < this.start || end > this.#end) return false;
    let which = this.#payloadAt(start);
    for (let from = start; from < end;) {
      const stop = Math.min(end, this.#endOf(which));
      const logAt = this.#placeOf(which, from);
      const last = stop < end ? this.#lastWithin(which, end, logAt + spanBytes) : which;
      if (last === which) {
        readFully(this.#descriptor, target, at + from - start, stop - from, logAt);
        from = stop;
      } else {
        const reached = Math.min(end, this.#endOf(last));
        this.#readSpan([which, last], from, reached, target, at + from - start);
        from = reached;
      }
      which = last + 1;
    }
    return true;
  }

  /** Reads the bytes from one payload to another with what stands between them, and copies those alone. */
  #readSpan(
    [first, last]: readonly [number, number],
    start: number,
    end: number,
    target: Uint8Array,
    at: number,
  ): void {
    const span = (this.#span ??= new Uint8Array(spanBytes));
    const logStart = this.#placeOf(first, start);
    const length = this.#placeOf(last, end) - logStart;
    readFully(this.#descriptor, span, 0, length, logStart);
    let from = start;
    for (let which = first; which <= last; which += 1) {
      const stop = Math.min(end, this.#endOf(which));
      const within = this.#placeOf(which, from) - logStart;
      target.set(span.subarray(within, within + stop - from), at + from - start);
      from = stop;
    }
  }

  /** Returns the payload that holds a byte of the tape. */
  #payloadAt(position: number): number {
    let [low, high] = [0, this.#tapeAt.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#tapeAt[middle] ?? position) <= position) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Returns the last payload from `which` on that is wanted and lies before that place in the log as far as it is. */
  #lastWithin(which: number, end: number, logEnd: number): number {
    let last = which;
    while (this.#endOf(last) < end) {
      const next = last + 1;
      if (this.#placeOf(next, Math.min(end, this.#endOf(next))) > logEnd) break;
      last = next;
    }
    return last;
  }

  #endOf(which: number): number {
    return this.#tapeAt[which + 1] ?? this.#end;
  }

  /** Returns where a byte of the tape stands in the log, or the end of the payload. */
  #placeOf(which: number, position: number): number {
    return (this.#logAt[which] ?? 0) + position - (this.#tapeAt[which] ?? 0);
  }
}
