import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

import { HostError, errnoOf, targetError } from "../disk/error.ts";
import { temporaryName } from "../disk/temporary-name.ts";

/**
 * Writes a file of the user's as a whole, readable by this user alone. With `over` it takes the place of a file or
 * symlink in one step, and is never written through a link. Throws HostError, and leaves what was there before.
 */
export function writeWholeFile(
  path: string,
  bytes: Uint8Array,
  { over }: { readonly over: boolean },
): void {
  const target = over ? join(dirname(path), temporaryName()) : path;
  let isOurs = false;
  try {
    const fd = openSync(target, "wx", 0o600);
    isOurs = true;
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    } finally {
      closeSync(fd);
    }
    if (over) renameSync(target, path);
  } catch (error) {
    if (isOurs) rmSync(target, { force: true });
    if (isOurs || errnoOf(error) !== "EEXIST") throw targetError(error, "write", path);
    throw new HostError("exists", path, `cannot write ${path}: it exists`, {
      hint: "--force writes over it; or give another name",
    });
  }
}
