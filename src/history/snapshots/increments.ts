import type { Seq } from "../../../journal/index.ts";
import type { DeltaSource } from "../deltas/delta-chain.ts";
import type { SnapshotHeader } from "../deltas/encoding.ts";

/** The bytes that deltas are read from: those of a frame, or those of it that are kept in memory. */
export interface FrameBytes {
  readonly bytes: Uint8Array;
}

/**
 * The numbers of an increment: its seq, the reference for places on the tape, its frame, the position of its deltas
 * there, and that of its deltas among those that are kept.
 */
const rowLength = 5;

/** The increments of a group, oldest first, in few bytes each: there may be a hundred thousand. */
export class Increments {
  #length = 0;
  #rows = new Float64Array(64 * rowLength);
  #times = new BigInt64Array(64);

  get length(): number {
    return this.#length;
  }

  /** The bytes of memory that it takes. */
  get bytes(): number {
    return this.#rows.byteLength + this.#times.byteLength;
  }

  /** Adds the next increment, whose deltas stand in a frame from `start` on, and some of them from `kept` on. */
  add(
    { seq, time, tapeBefore }: Pick<SnapshotHeader, "seq" | "time" | "tapeBefore">,
    frame: number,
    { start, kept }: { readonly start: number; readonly kept: number },
  ): void {
    if (this.#length === this.#times.length) this.#grow();
    const row = this.#length * rowLength;
    this.#rows[row] = seq;
    this.#rows[row + 1] = tapeBefore;
    this.#rows[row + 2] = frame;
    this.#rows[row + 3] = start;
    this.#rows[row + 4] = kept;
    this.#times[this.#length] = time;
    this.#length += 1;
  }

  /** Removes all increments from this one on. */
  cut(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** The moment of an increment; undefined if there is no such one. */
  seqOf(increment: number): Seq | undefined {
    return increment < 0 || increment >= this.#length
      ? undefined
      : (this.#rows[increment * rowLength] as Seq);
  }

  /** Returns the last increment at or before `seq`, or -1. */
  upTo(seq: number): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#rows[middle * rowLength] ?? seq) <= seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  frameOf(increment: number): number {
    return this.#rows[increment * rowLength + 2] ?? 0;
  }

  startOf(increment: number): number {
    return this.#rows[increment * rowLength + 3] ?? 0;
  }

  /** Returns where its kept deltas end; undefined for the last increment of a frame. */
  keptEndOf(increment: number): number | undefined {
    const isLast =
      increment + 1 >= this.#length || this.frameOf(increment + 1) !== this.frameOf(increment);
    return isLast ? undefined : this.keptOf(increment + 1);
  }

  keptOf(increment: number): number {
    return this.#rows[increment * rowLength + 4] ?? 0;
  }

  /** Returns what the deltas of an increment are read from. */
  sourceOf(increment: number, frame: FrameBytes): DeltaSource {
    const row = increment * rowLength;
    const seq = (this.#rows[row] ?? 0) as Seq;
    return new FrameSource(seq, this.#times[increment] ?? 0n, this.#rows[row + 1] ?? 0, frame);
  }

  #grow(): void {
    const [rows, times] = [this.#rows, this.#times];
    this.#rows = new Float64Array(rows.length * 2);
    this.#rows.set(rows);
    this.#times = new BigInt64Array(times.length * 2);
    this.#times.set(times);
  }
}

/** Takes the bytes of a frame when they are needed, which may be loaded then. */
class FrameSource implements DeltaSource {
  readonly seq: Seq;
  readonly time: bigint;
  readonly tape: number;
  readonly #frame: FrameBytes;

  constructor(seq: Seq, time: bigint, tape: number, frame: FrameBytes) {
    this.seq = seq;
    this.time = time;
    this.tape = tape;
    this.#frame = frame;
  }

  get bytes(): Uint8Array {
    return this.#frame.bytes;
  }
}
