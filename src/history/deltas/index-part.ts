import type { Ino, Seq } from "../../../journal/index.ts";
import { ByteReader, ByteWriter, SnapshotDamage } from "../base/bytes.ts";

/** The version of an index part; one of another version is not used. */
const version = 1;
/** A delta of a part takes at least so many bytes. */
const leastBytes = 3;

/** The facts of an increment that its deltas are read with. */
export interface IndexedIncrement {
  readonly seq: Seq;
  readonly time: bigint;
  readonly tapeBefore: number;
  /** The position of its deltas in its frame. */
  readonly start: number;
}

/** A delta: its inode, and its increment, counted from the first of the part. */
export interface IndexedDelta {
  readonly ino: Ino;
  readonly increment: number;
}

/** A part of a snapshot group's index: it covers some frames, one after another. */
export interface IndexPart {
  /** The number of increments in each frame. */
  readonly frames: readonly number[];
  readonly increments: readonly IndexedIncrement[];
  /** Bytes of the increments, as they stand in the frames. */
  readonly incrementBytes: number;
  /** Leaves of the inode table in which an inode was made, ascending. */
  readonly made: readonly number[];
}

/** A part to write. */
export interface WrittenPart extends IndexPart {
  /** All deltas, by inode and increment. */
  readonly deltas: readonly IndexedDelta[];
  /** Those whose bytes stand in the index, too. */
  readonly kept: readonly (IndexedDelta & { readonly bytes: Uint8Array })[];
}

/** A part that was read. */
export interface OpenPart extends IndexPart {
  /** Inodes and increments of all deltas, by inode and increment. */
  readonly inos: Float64Array;
  readonly of: Uint16Array;
  /** The position of the bytes of a delta in `kept`, plus one; 0 if they are not there. */
  readonly keptAt: Uint32Array;
  readonly kept: Uint8Array;
}

/** Encodes a part: the same one always to the same bytes. */
export function encodePart(part: WrittenPart): Uint8Array {
  const to = new ByteWriter(65_536);
  to.byte(version);
  to.varint(part.incrementBytes);
  to.varint(part.frames.length);
  for (const count of part.frames) to.varint(count);
  let [seq, tape, time] = [0, 0, 0n];
  for (const increment of part.increments) {
    to.varint(increment.seq - seq);
    to.varint(increment.tapeBefore - tape);
    to.fixed(increment.time - time);
    to.varint(increment.start);
    seq = increment.seq;
    tape = increment.tapeBefore;
    time = increment.time;
  }
  to.varint(part.made.length);
  let leaf = 0;
  for (const made of part.made) {
    to.varint(made - leaf);
    leaf = made;
  }
  to.varint(part.deltas.length);
  let ino = 0;
  for (const delta of part.deltas) {
    to.varint(delta.ino - ino);
    to.byte(delta.increment % 0x100);
    to.byte(Math.floor(delta.increment / 0x100));
    ino = delta.ino;
  }
  to.varint(part.kept.length);
  ino = 0;
  for (const delta of part.kept) {
    to.varint(delta.ino - ino);
    to.varint(delta.increment);
    to.varint(delta.bytes.length);
    to.bytes(delta.bytes);
    ino = delta.ino;
  }
  return to.toBytes();
}

/** Decodes what `encodePart` wrote. Throws SnapshotDamage. */
export function decodePart(bytes: Uint8Array): OpenPart {
  const from = new ByteReader(bytes);
  if (from.byte() !== version) throw new SnapshotDamage("a part of an index has another version");
  const incrementBytes = from.varint();
  const frames = Array.from({ length: countIn(from, 1) }, () => from.varint());
  const increments: IndexedIncrement[] = [];
  let [seq, tape, time] = [0, 0, 0n];
  for (let left = frames.reduce((sum, count) => sum + count, 0); left > 0; left -= 1) {
    seq += from.varint();
    tape += from.varint();
    time += from.fixed();
    increments.push({ seq: seq as Seq, tapeBefore: tape, time, start: from.varint() });
  }
  const made: number[] = [];
  for (let left = from.varint(), leaf = 0; left > 0; left -= 1) made.push((leaf += from.varint()));
  const count = countIn(from, leastBytes);
  const [inos, of] = [new Float64Array(count), new Uint16Array(count)];
  for (let at = 0, ino = 0; at < count; at += 1) {
    ino += from.varint();
    inos[at] = ino;
    of[at] = from.byte() + from.byte() * 0x100;
    if ((of[at] ?? 0) >= increments.length) throw new SnapshotDamage("a delta is of no increment");
  }
  const keptAt = new Uint32Array(count);
  const left = from.varint();
  const kept = from.rest().slice();
  readKept(kept, left, { inos, of, keptAt });
  return { frames, increments, incrementBytes, made, inos, of, keptAt, kept };
}

function readKept(
  kept: Uint8Array,
  count: number,
  { inos, of, keptAt }: Pick<OpenPart, "inos" | "of" | "keptAt">,
): void {
  const from = new ByteReader(kept);
  let at = 0;
  let ino = 0;
  for (let left = count; left > 0; left -= 1) {
    ino += from.varint();
    const increment = from.varint();
    while (at < inos.length && (inos[at] !== ino || of[at] !== increment)) at += 1;
    if (at === inos.length) throw new SnapshotDamage("an index has bytes of no delta");
    keptAt[at] = from.skip(from.varint()) + 1;
  }
  if (from.at !== from.end) throw new SnapshotDamage("an index is longer than its deltas");
}

/** Reads a number of things that take so many bytes each, or more. */
function countIn(from: ByteReader, bytes: number): number {
  const count = from.varint();
  if (count * bytes > from.end - from.at) throw new SnapshotDamage("an index ends too early");
  return count;
}
