import { JournalError, segmentBytes } from "../../../../journal/index.ts";

/** Puts a segment's bytes, as the guest may see them, into the room. Throws JournalError. */
type Fill = (start: number, room: Buffer) => Buffer;

/**
 * Decodes the segments that a guest's process is likely to ask for next, one at a time between the keeper's other work,
 * while the guest works with those that it has. Keeps them in memory until they are taken.
 */
export class ReadAhead implements Disposable {
  readonly #decoded = new Map<number, Buffer>();
  readonly #spare: Buffer[] = [];
  #next = 0;
  #stop = 0;
  #turn: NodeJS.Immediate | undefined;

  /** Begins with bytes start..stop of the tape, whole segments that never change, and forgets what was not taken. */
  begin(start: number, stop: number, fill: Fill): void {
    this.end();
    [this.#next, this.#stop] = [start, stop];
    this.#goOn(fill);
  }

  /** Returns a segment that was decoded, for the caller to read before the next call. */
  take(start: number): Buffer | undefined {
    const bytes = this.#decoded.get(start);
    if (bytes === undefined) return undefined;
    this.#decoded.delete(start);
    this.#spare.push(bytes);
    return bytes;
  }

  /** Stops, and forgets what was not taken. */
  end(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    for (const start of this.#decoded.keys()) this.take(start);
  }

  [Symbol.dispose](): void {
    this.end();
    this.#spare.length = 0;
  }

  #goOn(fill: Fill): void {
    if (this.#next >= this.#stop) return;
    this.#turn = setImmediate(() => {
      const room = this.#spare.pop() ?? Buffer.allocUnsafeSlow(segmentBytes);
      try {
        this.#decoded.set(this.#next, fill(this.#next, room));
      } catch (error) {
        // A damaged segment is told when it is asked for, and may never be.
        if (!(error instanceof JournalError)) throw error;
        this.#spare.push(room);
        return;
      }
      this.#next += segmentBytes;
      this.#goOn(fill);
    });
  }
}
