// The functions by the default export: a Node.js that is too old has some of them not, and is to be told so by
// whoever is loaded first, and not by an import that cannot be linked.
import zlib from "node:zlib";

export const { constants, crc32, zstdCompressSync, zstdDecompressSync } = zlib;
