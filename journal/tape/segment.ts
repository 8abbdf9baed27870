import { constants, crc32, zstdCompressSync, zstdDecompressSync } from "../format/zlib.ts";
import { MalformedError } from "../format/bytes.ts";

/** The tape is cut at multiples of this many bytes. */
export const segmentBytes = 256 * 1024;

/** A piece of the tape as a row of `segment` keeps it. `start` and `length` are in bytes of tape. */
export interface SegmentRow {
  readonly start: number;
  readonly length: number;
  /** 0: as they are. 1: a zstd frame. */
  readonly coding: number;
  /** CRC-32 of `bytes` as stored. */
  readonly crc: number;
  readonly bytes: Buffer;
}

/** The row for a whole segment, compressed when that saves a tenth or more. */
export function sealed(start: number, whole: Buffer): SegmentRow {
  if (!looksCompressible(whole)) return raw(start, whole);
  const packed = compress(whole);
  if (packed.length > whole.length * worthwhile) return raw(start, whole);
  return { start, length: whole.length, coding: 1, crc: crc32(packed), bytes: packed };
}

/** The row for bytes as they are. */
export function raw(start: number, bytes: Buffer): SegmentRow {
  return { start, length: bytes.length, coding: 0, crc: crc32(bytes), bytes };
}

/** The bytes of tape that a row stands for. Throws MalformedError, and never makes more than one segment of them. */
export function bytesOf(row: SegmentRow): Buffer {
  // In a damaged file the table may hold another's rows.
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
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
// In one piece, and room to see that it ends there: in pieces of 16 KiB, as is usual, it takes three times as long.
const decompression = { maxOutputLength: segmentBytes, chunkSize: segmentBytes + 1024 };

/**
 * Whether compressing is worth a try: where bytes stand unevenly often in a sample of them, or where pages begin alike.
 * Trying it on what will not compress costs as much as the digest of it; counting, a fiftieth.
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
  // Of random bytes the sum is this, give or take a hundredth; of any that code in a tenth less, half as much again.
  const expected = (sampled * sampled) / 256 + sampled;
  return squares > expected * 1.1;
}

const pageBytes = 4096;
/** Of each page. */
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
