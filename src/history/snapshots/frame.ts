import { ByteReader, ByteWriter, SnapshotDamage } from "../base/bytes.ts";
import { OutdatedSnapshot, type SnapshotHeader, readHeader, version } from "../deltas/encoding.ts";

/** A frame is closed when it has so many increments, or so many bytes: it is read and unpacked as a whole. */
const mostIncrements = 32;
const mostBytes = 32_768;

/** Tells whether a frame takes no more increments. */
export function isFrameFull(increments: readonly Uint8Array[]): boolean {
  if (increments.length >= mostIncrements) return true;
  return increments.reduce((sum, { length }) => sum + length, 0) >= mostBytes;
}

/** Joins increments, oldest first, to the bytes of one stored snapshot. */
export function encodeFrame(increments: readonly Uint8Array[]): Uint8Array {
  const to = new ByteWriter();
  to.byte(version);
  to.varint(increments.length);
  for (const bytes of increments) {
    to.varint(bytes.length);
    to.bytes(bytes);
  }
  return to.toBytes();
}

/** Returns a reader for each increment of a frame, oldest first. Throws SnapshotDamage. */
export function* incrementsIn(frame: Uint8Array): Generator<ByteReader> {
  const from = new ByteReader(frame);
  if (from.byte() !== version) throw new OutdatedSnapshot("it is of another version");
  const count = from.varint();
  if (count === 0) throw new SnapshotDamage("it has no increments");
  for (let left = count; left > 0; left -= 1) {
    const length = from.varint();
    const start = from.skip(length);
    yield new ByteReader(frame, start, start + length);
  }
  if (from.at !== from.end) throw new SnapshotDamage("it is longer than its increments");
}

/** Returns the facts of each increment of a frame. Throws SnapshotDamage. */
export function headersIn(frame: Uint8Array): SnapshotHeader[] {
  return Array.from(incrementsIn(frame), readHeader);
}
