import { randomUUID } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/** Descriptors of one file without a name: one that writes, and one, at the file's beginning, that can only read. */
export interface Unnamed {
  readonly writer: number;
  readonly reader: number;
}

/** Makes a file without a name in a folder. Throws errors of node:fs. */
export function openUnnamed(folder: string): Unnamed {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const path = join(folder, `rewindfs-${randomUUID()}`);
  const writer = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    return { writer, reader: openAgain(path, writer) };
  } catch (error) {
    closeSync(writer);
    throw error;
  } finally {
    unlinkSync(path);
  }
}

/** Opens an open file once more for reading; makes sure that the path still leads to it. */
function openAgain(path: string, open: number): number {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const reader = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const [one, other] = [open, reader].map((file) => fstatSync(file, { bigint: true }));
  if (one?.ino === other?.ino && one?.dev === other?.dev) return reader;
  closeSync(reader);
  throw Object.assign(new Error("another file stands in its place"), { syscall: "open" });
}
