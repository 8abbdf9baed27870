import type { Ino } from "../../../journal/index.ts";
import type { ByteReader } from "../base/bytes.ts";
import { leafInodes, readDeltas, readHeader } from "../deltas/encoding.ts";
import { type IndexedIncrement, encodePart } from "../deltas/index-part.ts";
import { flag } from "../deltas/inode-delta.ts";
import { incrementsIn } from "./frame.ts";

/** The number of frames that a part of a group's index covers. */
export const partFrames = 32;

/**
 * The deltas of an inode with more than so many in a part are at hand without their frames, as those of directories are:
 * they would take nearly all frames to read.
 */
const mostInFrames = 12;

/** A delta, and where it stands in the bytes of its frame. */
interface Noted {
  readonly ino: Ino;
  readonly increment: number;
  readonly frame: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * Follows the full frames of a snapshot group, and makes the parts of its index: where the deltas of each inode stand, so
 * that a state is found without reading all frames. The same frames give the same bytes.
 */
export class IndexMaker {
  readonly #most: number;
  #frames: number[] = [];
  #increments: IndexedIncrement[] = [];
  #incrementBytes = 0;
  #deltas: Noted[] = [];

  /** A part covers so many frames. */
  constructor(frames: number = partFrames) {
    this.#most = frames;
  }

  /** Begins with another group, or with the next part. */
  begin(): void {
    this.#frames = [];
    this.#increments = [];
    this.#incrementBytes = 0;
    this.#deltas = [];
  }

  /** Takes the next frame, which must be full. Returns the bytes of the part that it completes. Throws SnapshotDamage. */
  take(frame: Uint8Array): Uint8Array | undefined {
    const before = this.#increments.length;
    for (const from of incrementsIn(frame)) this.#takeIncrement(from, frame);
    this.#frames.push(this.#increments.length - before);
    if (this.#frames.length < this.#most) return undefined;
    const part = this.#encoded();
    this.begin();
    return part;
  }

  #takeIncrement(from: ByteReader, frame: Uint8Array): void {
    const increment = this.#increments.length;
    this.#incrementBytes += from.end - from.at;
    const { seq, time, tapeBefore } = readHeader(from);
    this.#increments.push({ seq, time, tapeBefore, start: from.at });
    readDeltas(from, (ino, start, length) => {
      this.#deltas.push({ ino, increment, frame, start, end: start + length });
    });
  }

  #encoded(): Uint8Array {
    // Sorting is stable: of one inode they stay in order.
    const deltas = this.#deltas.sort((left, right) => left.ino - right.ino);
    const kept = keptOf(deltas).map(({ ino, increment, frame, start, end }) => {
      return { ino, increment, bytes: frame.subarray(start, end) };
    });
    const made = new Set<number>();
    for (const delta of deltas)
      if (hasFlag(delta, flag.whole)) made.add(Math.floor(delta.ino / leafInodes));
    return encodePart({
      frames: this.#frames,
      increments: this.#increments,
      incrementBytes: this.#incrementBytes,
      made: [...made],
      deltas,
      kept,
    });
  }
}

/** Returns those whose bytes the index holds, too. They are sorted by inode. */
function keptOf(deltas: readonly Noted[]): readonly Noted[] {
  const kept: Noted[] = [];
  for (let first = 0; first < deltas.length;) {
    const ino = deltas[first]?.ino;
    let end = first + 1;
    while (deltas[end]?.ino === ino) end += 1;
    const isOften = end - first > mostInFrames;
    for (const delta of deltas.slice(first, end))
      if (isOften || hasFlag(delta, flag.directory)) kept.push(delta);
    first = end;
  }
  return kept;
}

/** Looks for one of the first seven flags, which the first byte has. */
function hasFlag({ frame, start }: Noted, one: number): boolean {
  return ((frame[start] ?? 0) & one) !== 0;
}
