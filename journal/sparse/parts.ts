import { ByteReader, ByteWriter, MalformedError } from "../format/bytes.ts";
import { constants, zstdCompressSync, zstdDecompressSync } from "../format/zlib.ts";

/** Most bytes of a part once it is unpacked, a view aside. */
const mostPartBytes = 64 * 1024 * 1024;
/** Rows of `place` in a part. */
export const placesTogether = 4_096;
/** Most rows in a part of the index: it covers 16,384 events, or as many places, and a row several of them. */
const mostPostings = 262_144;
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/** Returns bytes with their length in front, compressed. */
export function packPart(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(bytes.length);
  return Buffer.concat([head, zstdCompressSync(bytes, compression)]);
}

/** Returns the bytes that `packPart` packed, `most` of them at most. Throws MalformedError. */
export function unpackPart(packed: Buffer, most = mostPartBytes): Buffer {
  const length = packed.length < 4 ? most + 1 : packed.readUInt32LE();
  if (length > most) throw new MalformedError("a part of too much");
  try {
    const bytes = zstdDecompressSync(packed.subarray(4), { maxOutputLength: Math.max(1, length) });
    if (bytes.length === length) return bytes;
  } catch (error) {
    throw new MalformedError("a part does not decompress", { cause: error });
  }
  throw new MalformedError("a part has another length");
}

/** Packs whole numbers, each as the difference to the one before. */
export function packNumbers(numbers: readonly number[]): Buffer {
  const to = new ByteWriter();
  to.varint(numbers.length);
  let before = 0;
  for (const number of numbers) {
    writeStep(to, number - before);
    before = number;
  }
  return packPart(to.buffer.subarray(0, to.at));
}

/** Returns `most` numbers at most. Throws MalformedError. */
export function unpackNumbers(packed: Buffer, most: number): number[] {
  const from = new ByteReader(unpackPart(packed));
  const count = from.varint();
  if (count > most || count > from.end - from.at)
    throw new MalformedError("a list is longer than its part");
  let number = 0;
  const numbers = Array.from({ length: count }, () => (number = whole(number + readStep(from))));
  if (from.at !== from.end) throw new MalformedError("a part is longer than it need be");
  return numbers;
}

/** A row of `place`; `path` is as its column has it. */
export type PlaceRow = readonly [id: number, ino: number, path: string];

/** Packs rows of `place` whose ids count on from the first. */
export function packPlaces(rows: readonly PlaceRow[]): Buffer {
  const to = new ByteWriter();
  to.varint(rows[0]?.[0] ?? 0);
  to.varint(rows.length);
  let before = 0;
  for (const [, ino, path] of rows) {
    writeStep(to, ino - before);
    to.text(path);
    before = ino;
  }
  return packPart(to.buffer.subarray(0, to.at));
}

/** Throws MalformedError. */
export function unpackPlaces(packed: Buffer): PlaceRow[] {
  const from = new ByteReader(unpackPart(packed));
  const first = from.varint();
  const count = from.varint();
  if (count > placesTogether || count * 2 > from.end - from.at)
    throw new MalformedError("a list is longer than its part");
  let ino = 0;
  return Array.from({ length: count }, (_, index) => {
    ino = whole(ino + readStep(from));
    return [whole(first + index), ino, from.text()] as const;
  });
}

/** A row of `posting` without its list and part. */
export type PostingPairs = readonly [key: number, value: number, bytes: Buffer];

/** Packs the rows of a part of the index. */
export function packPostings(rows: readonly PostingPairs[]): Buffer {
  const to = new ByteWriter();
  to.varint(rows.length);
  for (const [key, value, bytes] of rows) {
    to.varint(key);
    to.varint(value);
    to.varint(bytes.length);
    to.bytes(bytes);
  }
  return packPart(to.buffer.subarray(0, to.at));
}

/** Throws MalformedError. */
export function unpackPostings(packed: Buffer): PostingPairs[] {
  const from = new ByteReader(unpackPart(packed));
  const count = from.varint();
  if (count > mostPostings || count * 3 > from.end - from.at)
    throw new MalformedError("a list is longer than its part");
  return Array.from({ length: count }, () => {
    const [key, value] = [from.varint(), from.varint()];
    return [key, value, from.bytes(from.varint())] as const;
  });
}

function writeStep(to: ByteWriter, step: number): void {
  to.varint(step < 0 ? -2 * step - 1 : 2 * step);
}

function readStep(from: ByteReader): number {
  const coded = from.varint();
  return coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
}

function whole(number: number): number {
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new MalformedError("a number of a part is out of range");
}
