import { constants, crc32, zstdCompressSync, zstdDecompressSync } from "../format/zlib.ts";
import { MalformedError } from "../format/bytes.ts";

/** The tape is cut at multiples of this many bytes. */
export const segmentBytes = 256 * 1024;

/** A piece of the tape as a row of `segment`. `start` and `length` are in bytes of tape. */
export interface SegmentRow {
  readonly start: number;
  readonly length: number;
  /** 0 for plain bytes, 1 for a zstd frame. */
  readonly coding: number;
  /** CRC-32 of `bytes` as stored. */
  readonly crc: number;
  readonly bytes: Buffer;
}

/** Makes the row for a whole segment, compressed if that saves a tenth or more. */
export function sealed(start: number, whole: Buffer): SegmentRow {
  if (!looksCompressible(whole)) return raw(start, whole);
  const packed = compress(whole);
  if (packed.length > whole.length * worthwhile) return raw(start, whole);
  return { start, length: whole.length, coding: 1, crc: crc32(packed), bytes: packed };
}

/** Makes the row for plain bytes. */
export function raw(start: number, bytes: Buffer): SegmentRow {
  return { start, length: bytes.length, coding: 0, crc: crc32(bytes), bytes };
}

/** Returns the tape bytes of a row. Throws MalformedError, and never decompresses more than one segment. */
export function bytesOf(row: SegmentRow): Buffer {
  // In a damaged file the table may hold rows of another one.
  if (!Buffer.isBuffer(row.bytes) || crc32(row.bytes) !== row.crc)
    throw new MalformedError("the checksum of a tape segment is wrong");
  if (row.coding !== 0 && row.coding !== 1)
    throw new MalformedError("a tape segment has an unknown coding");
  const bytes = row.coding === 0 ? row.bytes : decompress(row.bytes);
  if (bytes.length !== row.length || row.length > segmentBytes) {
    throw new MalformedError("a tape segment has the wrong length");
  }
  return bytes;
}

const worthwhile = 0.9;
// Most segments that compress at all come out in one chunk of this size; zlib's usual ones take a fifth longer.
const compression = {
  params: { [constants.ZSTD_c_compressionLevel]: 1 },
  chunkSize: segmentBytes / 2 + 4096,
};
// One chunk, with room to see the frame's end: zlib's usual chunks of 16 KiB take three times as long.
const decompression = { maxOutputLength: segmentBytes, chunkSize: segmentBytes + 1024 };

/**
 * Guesses from samples whether compression pays: some byte values are frequent, or pages begin alike. Trying it on
 * incompressible bytes costs as much as their digest; counting costs a fiftieth of that.
 */
function looksCompressible(whole: Buffer): boolean {
  const counts = new Uint16Array(256);
  const beginnings = new Set<number>();
  let sampled = 0;
  for (let page = 0; page + pageBytes <= whole.length; page += pageBytes) {
    beginnings.add(whole.readUInt32LE(page));
    for (let at = page; at < page + sampleBytes; at++) {
      const byte = whole[at] ?? 0;
      counts[byte] = (counts[byte] ?? 0) + 1;
    }
    sampled += sampleBytes;
  }
  if (beginnings.size < whole.length / pageBytes) return true;
  let squares = 0;
  for (const count of counts) squares += count * count;
  // The sum for random bytes, within a hundredth. For bytes that compress by a tenth it is half as much again.
  const expected = (sampled * sampled) / 256 + sampled;
  return squares > expected * 1.1;
}

const pageBytes = 4096;
/** Bytes that are sampled from each page. */
const sampleBytes = 64;

function compress(bytes: Buffer): Buffer {
  return zstdCompressSync(bytes, compression);
}

function decompress(bytes: Buffer): Buffer {
  try {
    return zstdDecompressSync(bytes, decompression);
  } catch (error) {
    throw new MalformedError("a tape segment does not decompress", { cause: error });
  }
}
