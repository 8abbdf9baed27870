import { closeSync, openSync, readSync } from "node:fs";

import { UsageError } from "./failure.ts";

const ofKey = "give the path of a key in PEM form";
/** Bounds what is read: a device has no end. */
const mostBytes = 64 * 1024;

/** Reads a file that should hold a key, or a token; `hint` says which. A missing key must be reported before any work is done. */
export function keyText(option: string, file: string, hint = ofKey): string {
  let bytes: Buffer;
  try {
    bytes = beginningOf(file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const reason = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new UsageError(`${option} ${file}: ${reason}`, hint);
  }
  if (bytes.length > mostBytes)
    throw new UsageError(`${option} ${file}: it has more than ${mostBytes} bytes`, hint);
  return bytes.toString("utf8");
}

/** Reads up to one byte more than a key may have; a pipe gives it in pieces. */
function beginningOf(file: string): Buffer {
  const bytes = Buffer.alloc(mostBytes + 1);
  const fd = openSync(file, "r");
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(fd, bytes, length, bytes.length - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
