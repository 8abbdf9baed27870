import { closeSync, constants, openSync, unlinkSync, writeSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Returns a descriptor of a new file that has no name and holds `bytes`, to be read from its beginning. */
export function unnamedFile(bytes: Uint8Array): number {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const path = join(tmpdir(), `rewindfs-${randomUUID()}`);
  const file = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    unlinkSync(path);
    // At a position: the descriptor's own stays at the beginning.
    writeSync(file, bytes, 0, bytes.length, 0);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
