import { hash } from "node:crypto";
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from "../format/zlib.ts";

import { sealBytes } from "./seal.ts";

/** Returns the key that a page is stored under: the first 16 bytes of its SHA-256. */
export function pageDigest(bytes: Uint8Array): Buffer {
  return hash("sha256", bytes, "buffer").subarray(0, pageDigestBytes);
}

const pageDigestBytes = 16;
/** The largest snapshot or page; a larger one is a decompression bomb. */
const largestBytes = 256 * 1024 * 1024;
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/** Packs bytes as a coding byte, a CRC-32, and the bytes themselves, compressed if that makes them smaller. */
export function pack(bytes: Uint8Array): Buffer {
  const compressed = zstdCompressSync(bytes, compression);
  const isLess = compressed.length < bytes.length;
  return headed(isLess ? 1 : 0, isLess ? compressed : Buffer.from(bytes));
}

const headBytes = 5;

/** Packs bytes like `pack`, and puts the seal that `seal` returns for them in front; the coding byte is 2 higher. */
export function packSealed(bytes: Uint8Array, seal: (packed: Buffer) => Buffer): Buffer {
  return sealedAgain(pack(bytes), seal);
}

const sealedCoding = 2;

/** Returns the seal of packed bytes and the bytes that it covers; undefined if they have none. */
export function sealIn(
  stored: unknown,
): { readonly seal: Buffer; readonly packed: Buffer } | undefined {
  if (!Buffer.isBuffer(stored) || (stored[0] ?? 0) < sealedCoding) return undefined;
  const body = stored.subarray(headBytes);
  return { seal: body.subarray(0, sealBytes), packed: body.subarray(sealBytes) };
}

/** Returns packed bytes without their seal, as `pack` made them; undefined if they have none. */
export function unsealed(stored: unknown): Buffer | undefined {
  const found = sealIn(stored);
  return found === undefined || !Buffer.isBuffer(stored)
    ? undefined
    : headed((stored[0] ?? 0) - sealedCoding, found.packed);
}

/** Puts a seal in front of what `pack` packed, or `unsealed` returned. */
export function sealedAgain(stored: Buffer, seal: (packed: Buffer) => Buffer): Buffer {
  const packed = stored.subarray(headBytes);
  return headed((stored[0] ?? 0) + sealedCoding, Buffer.concat([seal(packed), packed]));
}

function headed(coding: number, body: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head[0] = coding;
  head.writeUInt32LE(crc32(body), 1);
  return Buffer.concat([head, body]);
}

/** Returns the bytes that `pack` or `packSealed` packed; undefined if these are not such bytes. */
export function unpack(stored: unknown): Buffer | undefined {
  // A damaged file may hold any type of value.
  if (!Buffer.isBuffer(stored) || stored.length < headBytes) return undefined;
  const body = stored.subarray(headBytes);
  // Some bits of a zstd frame do not affect its content: the checksum covers those as well.
  if (crc32(body) !== stored.readUInt32LE(1)) return undefined;
  const packed = sealIn(stored)?.packed ?? body;
  const coding = (stored[0] ?? 0) % sealedCoding;
  if ((stored[0] ?? 0) >= 2 * sealedCoding) return undefined;
  if (coding === 0) return packed;
  try {
    return own(zstdDecompressSync(packed, { maxOutputLength: largestBytes }));
  } catch {
    // Whatever the error is, these are not the bytes that were stored.
    return undefined;
  }
}

/** Copies into memory of its own: zlib's and the pool's buffers are slices of larger ones, which would stay alive. */
function own(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
