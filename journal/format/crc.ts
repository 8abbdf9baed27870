import { crc32 } from "./zlib.ts";

/** Up to this length our own loop takes less time than zlib's takes to be called. */
const shortBytes = 160;

/** Returns the CRC-32 of the bytes from `start` to `end`. */
export function crcOf(bytes: Buffer, start: number, end: number): number {
  return end - start > shortBytes ? crc32(bytes.subarray(start, end)) : crcOfFew(bytes, start, end);
}

/** Four bytes at a time, by four tables, of which the last is of the first byte. */
function crcOfFew(bytes: Buffer, start: number, end: number): number {
  let crc = -1;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    crc ^=
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24);
    crc =
      (tables[768 + (crc & 0xff)] ?? 0) ^
      (tables[512 + ((crc >>> 8) & 0xff)] ?? 0) ^
      (tables[256 + ((crc >>> 16) & 0xff)] ?? 0) ^
      (tables[crc >>> 24] ?? 0);
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ (tables[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  return ~crc >>> 0;
}

/** CRC-32 as in zip files, lowest power first. */
const polynomial = 0xedb88320;

/** The checksum of each byte, with none, one, two and three zeros after it. */
const tables = makeTables();

function makeTables(): Int32Array {
  const all = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1)
      crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
    all[byte] = crc;
  }
  for (let index = 256; index < all.length; index += 1) {
    const before = all[index - 256] ?? 0;
    all[index] = (before >>> 8) ^ (all[before & 0xff] ?? 0);
  }
  return all;
}
