import { closeSync, fchmodSync, ftruncateSync, futimesSync, writeSync } from "node:fs";

import { type File, readContent } from "../../fs/index.ts";
import type { ReadTape } from "../../history/index.ts";
import { dataRanges } from "./ranges.ts";
import { secondsOf } from "./times.ts";

/**
 * Fills an empty host file, holes left out, sets its times and, if given, its mode, and closes it. Returns how many
 * bytes were written.
 */
export function fillAndClose(fd: number, file: File, readTape: ReadTape, mode?: number): number {
  let written = 0;
  try {
    let end = 0;
    for (const { offset, length } of dataRanges(file.content)) {
      writeFully(fd, readContent(file.content, offset, length, readTape), offset);
      end = offset + length;
      written += length;
    }
    if (end < file.content.size) ftruncateSync(fd, file.content.size);
    futimesSync(fd, secondsOf(file.atime), secondsOf(file.mtime));
    if (mode !== undefined) fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
  return written;
}

function writeFully(fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(fd, bytes, at, bytes.length - at, position + at);
  }
}
