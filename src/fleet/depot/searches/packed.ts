import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** Returns what fits in JSON as bytes for a column, compressed. */
export function packed(value: unknown): Buffer {
  const level = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
  return zstdCompressSync(Buffer.from(JSON.stringify(value)), level);
}

/** Reads what `packed` made. The database is ours, and trusted. */
export function unpacked<T>(bytes: Buffer): T {
  return JSON.parse(zstdDecompressSync(bytes).toString()) as T;
}
