import type { Ino, Seq } from "../../../journal/index.ts";
import { ByteReader, ByteWriter, SnapshotDamage } from "../base/bytes.ts";
import type { DeltaPlaces, DeltaStart } from "../deltas/delta-chains.ts";
import { type Moment, type SnapshotHeader, readDeltas, readHeader } from "../deltas/encoding.ts";
import { headersIn, incrementsIn } from "./frame.ts";
import { GroupDeltas } from "../deltas/group-deltas.ts";
import { GroupIndex } from "../deltas/group-index.ts";
import { decodePart } from "../deltas/index-part.ts";
import { type FrameBytes, Increments } from "./increments.ts";
import { flag } from "../deltas/inode-delta.ts";
import { Loaded, type LoadedMemory } from "./loaded.ts";

/** Deltas of an inode that follow each other within so many increments are kept in memory. */
const nearIncrements = 128;

/** A stored row of increments, or those that were added to it later. */
interface Frame {
  /** The row that has it: the last increment there. */
  seq: Seq;
  readonly stored: FrameBytes;
  /** Deltas of inodes that change often, which would take all frames to read. */
  readonly kept: FrameBytes;
}

/**
 * The increments of a group, in frames. Adding one reads all of it, and keeps in memory where the delta of each inode
 * stands; the bytes are loaded again when they are needed. For those that the group's index covers the index says it.
 */
export class Frames implements DeltaPlaces {
  readonly deltas = new GroupDeltas();
  readonly increments = new Increments();
  readonly #memory: LoadedMemory;
  readonly #read: (seq: Seq) => Uint8Array;
  readonly #frames: Frame[] = [];
  readonly #full: Moment;
  #lastSeq: Seq;
  #incrementBytes = 0;
  #keptBytes = 0;

  /** `read` returns the row whose last increment is at `seq`, or throws SnapshotDamage. `full` is what the first one builds on. */
  constructor(memory: LoadedMemory, full: Moment, read: (seq: Seq) => Uint8Array) {
    this.#memory = memory;
    this.#full = full;
    this.#lastSeq = full.seq;
    this.#read = read;
  }

  /** The seq of the last increment, or of the full snapshot. */
  get lastSeq(): Seq {
    return this.#lastSeq;
  }

  /** The bytes of all increments, as they are stored. */
  get incrementBytes(): number {
    return this.#incrementBytes;
  }

  /** The bytes of memory that it takes, without what is loaded. */
  get held(): number {
    return this.deltas.bytes + this.increments.bytes + this.#keptBytes;
  }

  /**
   * Adds the row of a frame, or what was added to the last one. Throws SnapshotDamage if it cannot be read; earlier
   * states stay valid.
   */
  add(seq: Seq): void {
    const bytes = this.#read(seq);
    const [before, last] = [this.increments.length, this.#lastSeq];
    const kept = new ByteWriter(256);
    let added = 0;
    try {
      for (const from of incrementsIn(bytes)) {
        const [start, end] = [from.at, from.end];
        const header = readHeader(from);
        if (header.seq <= last) continue;
        // A missing increment must be noticed, because no other one has its changes.
        if (header.seqBefore !== this.#lastSeq)
          throw new SnapshotDamage(`the snapshot before event ${header.seq} is missing`);
        this.#addIncrement(from, header, bytes, kept);
        added += end - start;
      }
      if (this.#lastSeq !== seq) throw new SnapshotDamage("it is another snapshot");
    } catch (error) {
      this.increments.cut(before);
      this.#lastSeq = last;
      throw error;
    }
    this.#incrementBytes += added;
    this.#keptBytes += kept.length;
    // The row of the frame before is gone if this one has its increments: at the same places.
    const [first] = incrementsIn(bytes);
    const isLonger = first !== undefined && readHeader(first).seq <= last;
    const extended = this.#frames.at(-1);
    if (isLonger && extended !== undefined)
      for (const frame of this.#frames) if (frame.seq === extended.seq) frame.seq = seq;
    this.#frames.push(this.#frame(seq, kept.toBytes()));
  }

  /**
   * Takes the parts of the group's index, in place of the frames that they cover. Throws SnapshotDamage if they cannot be
   * read, and has taken nothing then.
   */
  lead(pages: readonly Uint8Array[]): void {
    const parts = pages.map(decodePart);
    const index = new GroupIndex(parts);
    for (const { frames, increments, incrementBytes, kept } of parts) {
      let next = 0;
      for (const count of frames) {
        const end = next + count;
        for (; next < end; next += 1) {
          const increment = increments[next];
          if (increment === undefined || increment.seq <= this.#lastSeq) {
            this.increments.cut(0);
            this.#frames.length = 0;
            this.#lastSeq = this.#full.seq;
            throw new SnapshotDamage("the increments of an index are not in order");
          }
          this.increments.add(increment, this.#frames.length, { start: increment.start, kept: 0 });
          this.#lastSeq = increment.seq;
        }
        this.#frames.push(this.#frame(this.#lastSeq, kept));
      }
      this.#incrementBytes += incrementBytes;
    }
    this.deltas.lead(index);
  }

  /** Returns the facts of an increment. Throws SnapshotDamage. */
  header(increment: number): SnapshotHeader {
    const seq = this.increments.seqOf(increment);
    const found = headersIn(this.#frameOf(increment).stored.bytes).find((one) => one.seq === seq);
    if (found === undefined) throw new SnapshotDamage("a snapshot is missing");
    return found;
  }

  /** Returns the moment of a delta's increment. Throws SnapshotDamage. */
  seqOf(delta: number): Seq {
    const seq = this.increments.seqOf(this.deltas.incrementOf(delta));
    if (seq === undefined) throw new SnapshotDamage("a snapshot is missing");
    return seq;
  }

  /** Returns where a delta of an inode stands. Throws SnapshotDamage. */
  placeOf(delta: number, ino: Ino): DeltaStart {
    const increment = this.deltas.incrementOf(delta);
    const { stored, kept } = this.#frameOf(increment);
    const keptAt = this.deltas.isIndexed(delta)
      ? this.deltas.keptAt(delta)
      : this.#keptAt(increment, kept, ino);
    if (keptAt !== undefined)
      return { source: this.increments.sourceOf(increment, kept), start: keptAt };
    const from = new ByteReader(stored.bytes, this.increments.startOf(increment));
    const start = deltaIn(from, ino, from.varint());
    if (start === undefined) throw new SnapshotDamage("a delta is missing");
    return { source: this.increments.sourceOf(increment, stored), start };
  }

  #keptAt(increment: number, { bytes }: FrameBytes, ino: Ino): number | undefined {
    const end = this.increments.keptEndOf(increment) ?? bytes.length;
    return deltaIn(new ByteReader(bytes, this.increments.keptOf(increment), end), ino);
  }

  #addIncrement(
    from: ByteReader,
    header: SnapshotHeader,
    bytes: Uint8Array,
    kept: ByteWriter,
  ): void {
    const increment = this.increments.length;
    const places = { start: from.at, kept: kept.length };
    let last = 0;
    readDeltas(from, (ino, at, length) => {
      // The flag is one of the first seven, which the first byte has.
      const isDirectory = ((bytes[at] ?? 0) & flag.directory) !== 0;
      if (isDirectory || this.deltas.noted.isSince(ino, increment - nearIncrements)) {
        kept.varint(ino - last);
        kept.varint(length);
        kept.bytes(bytes.subarray(at, at + length));
        last = ino;
      }
      this.deltas.noted.add(ino, increment, isDirectory ? "directory" : "other");
    });
    this.increments.add(header, this.#frames.length, places);
    this.#lastSeq = header.seq;
  }

  #frameOf(increment: number): Frame {
    const frame = this.#frames[this.increments.frameOf(increment)];
    if (increment >= this.increments.length || frame === undefined)
      throw new SnapshotDamage("a snapshot is missing");
    return frame;
  }

  #frame(seq: Seq, kept: Uint8Array): Frame {
    const loaded = new Loaded(
      this.#memory,
      () => this.#read(frame.seq),
      ({ length }) => length,
    );
    const frame: Frame = {
      seq,
      stored: {
        get bytes() {
          return loaded.value;
        },
      },
      kept: { bytes: kept },
    };
    return frame;
  }
}

/** Returns the position of an inode's delta among at most `count`, in ascending order; undefined if it has none. */
function deltaIn(
  from: ByteReader,
  wanted: Ino,
  count = Number.POSITIVE_INFINITY,
): number | undefined {
  let ino = 0;
  for (let left = count; left > 0 && from.at < from.end; left -= 1) {
    ino += from.varint();
    const start = from.skip(from.varint());
    if (ino >= wanted) return ino === wanted ? start : undefined;
  }
  return undefined;
}
