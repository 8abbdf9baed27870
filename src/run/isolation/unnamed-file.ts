import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { RunError } from "../ending/error.ts";

/** A file without a name, in memory or on the disk of temporary files: this process fills it, another may read it. */
export class UnnamedFile implements Disposable {
  /** A descriptor at the file's beginning that cannot write. */
  readonly reader: number;
  readonly #writer: number;
  readonly #folder: string;
  #length = 0;

  /** The folder is that of temporary files by default. Throws RunError. */
  constructor(folder = tmpdir()) {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    this.#folder = folder;
    const path = join(folder, `rewindfs-${randomUUID()}`);
    [this.#writer, this.reader] = asking("make", folder, () => {
      const writer = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        return [writer, openAgain(path, writer)];
      } catch (error) {
        closeSync(writer);
        throw error;
      } finally {
        unlinkSync(path);
      }
    });
  }

  /** Adds bytes to its end. Throws RunError. */
  add(bytes: Uint8Array): void {
    this.put(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes bytes at a position, which may lie beyond its end. Throws RunError. */
  put(bytes: Uint8Array, position: number): void {
    asking("write", this.#folder, () => {
      for (let from = 0; from < bytes.length;)
        from += writeSync(this.#writer, bytes, from, bytes.length - from, position + from);
    });
  }

  /** Drops all bytes. Throws RunError. */
  clear(): void {
    asking("empty", this.#folder, () => ftruncateSync(this.#writer, 0));
    this.#length = 0;
  }

  /** Closes it; a process that was given the reader keeps it. */
  [Symbol.dispose](): void {
    closeSync(this.#writer);
    closeSync(this.reader);
  }
}

/** Returns an unnamed file that holds `bytes`. Throws RunError. */
export function unnamedFile(bytes: Uint8Array): UnnamedFile {
  const file = new UnnamedFile();
  try {
    file.add(bytes);
    return file;
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
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

function asking<T>(doing: string, folder: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    throw new RunError("failed", `Cannot ${doing} a file in ${folder}: ${error.message}`, {
      hint: "make room there, or name another directory in TMPDIR",
      cause: error,
    });
  }
}
