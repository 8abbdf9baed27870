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

/** The version of a frame that names the parts of its group's index; any other has that of its increments. */
const indexedVersion = 5;
/** The bytes of a page's digest. */
const digestBytes = 16;

/**
 * Joins increments, oldest first, to the bytes of one stored snapshot. A frame that completes a part of the group's index
 * names all parts by the digests of their pages.
 */
export function encodeFrame(
  increments: readonly Uint8Array[],
  index: readonly string[] = [],
): Uint8Array {
  const to = new ByteWriter();
  to.byte(index.length === 0 ? version : indexedVersion);
  to.varint(increments.length);
  for (const bytes of increments) {
    to.varint(bytes.length);
    to.bytes(bytes);
  }
  if (index.length > 0) to.varint(index.length);
  for (const digest of index) to.bytes(Buffer.from(digest, "hex"));
  return to.toBytes();
}

/** Tells whether stored bytes are of a version that this program reads. */
export function isReadable(bytes: Uint8Array): boolean {
  return bytes[0] === version || bytes[0] === indexedVersion;
}

/** Returns a reader for each increment of a frame, oldest first. Throws SnapshotDamage. */
export function* incrementsIn(frame: Uint8Array): Generator<ByteReader> {
  const from = new ByteReader(frame);
  if (!isReadable(frame)) throw new OutdatedSnapshot("it is of another version");
  const isIndexed = from.byte() === indexedVersion;
  const count = from.varint();
  if (count === 0) throw new SnapshotDamage("it has no increments");
  for (let left = count; left > 0; left -= 1) {
    const length = from.varint();
    const start = from.skip(length);
    yield new ByteReader(frame, start, start + length);
  }
  if (isIndexed) from.skip(from.varint() * digestBytes);
  if (from.at !== from.end) throw new SnapshotDamage("it is longer than its increments");
}

/** Returns the digests of the parts of its group's index that a frame names. Throws SnapshotDamage. */
export function indexIn(frame: Uint8Array): string[] {
  if (frame[0] !== indexedVersion) return [];
  const from = new ByteReader(frame, 1);
  for (let left = from.varint(); left > 0; left -= 1) from.skip(from.varint());
  const digests: string[] = [];
  for (let left = from.varint(); left > 0; left -= 1)
    digests.push(Buffer.from(from.bytes(digestBytes)).toString("hex"));
  return digests;
}

/** Returns the facts of each increment of a frame. Throws SnapshotDamage. */
export function headersIn(frame: Uint8Array): SnapshotHeader[] {
  return Array.from(incrementsIn(frame), readHeader);
}
