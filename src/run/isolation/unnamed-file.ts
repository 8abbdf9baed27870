import { closeSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";

import { openUnnamed } from "../../../journal/index.ts";
import { RunError } from "../ending/error.ts";

/** A file without a name, in memory or on the disk of temporary files: this process fills it, another may read it. */
export class UnnamedFile implements Disposable {
  /** A descriptor at the file's beginning that cannot write. */
  readonly reader: number;
  readonly #writer: number;
  #length = 0;

  /** Throws RunError. */
  constructor() {
    ({ writer: this.#writer, reader: this.reader } = asking("make", () => openUnnamed(tmpdir())));
  }

  /** Adds bytes to its end. Throws RunError. */
  add(bytes: Uint8Array): void {
    asking("write", () => {
      for (let from = 0; from < bytes.length;) {
        const written = writeSync(this.#writer, bytes, from, bytes.length - from, this.#length);
        from += written;
        this.#length += written;
      }
    });
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

function asking<T>(doing: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    throw new RunError("failed", `Cannot ${doing} a file in ${tmpdir()}: ${error.message}`, {
      hint: "make room there, or name another directory in TMPDIR",
      cause: error,
    });
  }
}
