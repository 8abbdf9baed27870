import { hash } from "node:crypto";
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from "../format/zlib.ts";

import { sealBytes } from "./seal.ts";

/** The first 16 bytes of the SHA-256 of a page: it is stored once under this. */
export function pageDigest(bytes: Uint8Array): Buffer {
  return hash("sha256", bytes, "buffer").subarray(0, pageDigestBytes);
}

const pageDigestBytes = 16;
/** No snapshot and no page is larger; more is a bomb. */
const largestBytes = 256 * 1024 * 1024;
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/** A byte that says how, a CRC-32, then the bytes: compressed where that makes them less. */
export function pack(bytes: Uint8Array): Buffer {
  const compressed = zstdCompressSync(bytes, compression);
  const isLess = compressed.length < bytes.length;
  const packed = isLess ? compressed : bytes;
  const head = Buffer.alloc(headBytes);
  head[0] = isLess ? 1 : 0;
  head.writeUInt32LE(crc32(packed), 1);
  return Buffer.concat([head, packed]);
}

const headBytes = 5;

/** The same with a seal of these bytes, which `seal` gives: the byte that says how is 2 more, and the seal comes first. */
export function packSealed(bytes: Uint8Array, seal: (packed: Buffer) => Buffer): Buffer {
  const stored = pack(bytes);
  const packed = stored.subarray(headBytes);
  const body = Buffer.concat([seal(packed), packed]);
  const head = Buffer.alloc(headBytes);
  head[0] = (stored[0] ?? 0) + sealedCoding;
  head.writeUInt32LE(crc32(body), 1);
  return Buffer.concat([head, body]);
}

const sealedCoding = 2;

/** The seal of packed bytes, and what it was made of; undefined where there is none. */
export function sealIn(
  stored: unknown,
): { readonly seal: Buffer; readonly packed: Buffer } | undefined {
  if (!Buffer.isBuffer(stored) || (stored[0] ?? 0) < sealedCoding) return undefined;
  const body = stored.subarray(headBytes);
  return { seal: body.subarray(0, sealBytes), packed: body.subarray(sealBytes) };
}

/** The bytes that `pack` or `packSealed` was given; undefined where they cannot be those. */
export function unpack(stored: unknown): Buffer | undefined {
  // In a damaged file it may be anything.
  if (!Buffer.isBuffer(stored) || stored.length < headBytes) return undefined;
  const body = stored.subarray(headBytes);
  // Of a frame some bits do not matter to what it holds: the checksum finds those as well.
  if (crc32(body) !== stored.readUInt32LE(1)) return undefined;
  const packed = sealIn(stored)?.packed ?? body;
  const coding = (stored[0] ?? 0) % sealedCoding;
  if ((stored[0] ?? 0) >= 2 * sealedCoding) return undefined;
  if (coding === 0) return packed;
  try {
    return own(zstdDecompressSync(packed, { maxOutputLength: largestBytes }));
  } catch {
    // Whatever is wrong with them, these are not the bytes that were stored.
    return undefined;
  }
}

/** A copy in memory of its own: zlib's and the pool's buffers are parts of larger ones, which would be kept with them. */
function own(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
