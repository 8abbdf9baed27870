import type { Dirent } from "node:fs";
import { argumentError } from "./error.ts";

/** An open directory, as `opendir` gives it: what it lists is what was there when it was opened. */
export class Directory {
  readonly path: string;
  readonly #entries: Iterator<Dirent>;
  #isClosed = false;

  constructor(path: string, entries: readonly Dirent[]) {
    this.path = path;
    this.#entries = entries[Symbol.iterator]();
  }

  readSync(): Dirent | null {
    this.#requireOpen();
    const { done = false, value } = this.#entries.next();
    return done ? null : (value as Dirent);
  }

  closeSync(): void {
    this.#requireOpen();
    this.#isClosed = true;
  }

  read(): Promise<Dirent | null>;
  read(callback: (error: Error | null, entry: Dirent | null) => void): void;
  read(callback?: (error: Error | null, entry: Dirent | null) => void): unknown {
    const result = attempt(() => this.readSync());
    if (callback === undefined) return result;
    result.then(
      (entry) => callback(null, entry),
      (error: Error) => callback(error, null),
    );
    return undefined;
  }

  close(): Promise<void>;
  close(callback: (error: Error | null) => void): void;
  close(callback?: (error: Error | null) => void): unknown {
    const result = attempt(() => this.closeSync());
    if (callback === undefined) return result;
    result.then(
      () => callback(null),
      (error: Error) => callback(error),
    );
    return undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Dirent> {
    try {
      for (let entry = this.readSync(); entry !== null; entry = this.readSync()) yield entry;
    } finally {
      if (!this.#isClosed) this.closeSync();
    }
  }

  entries(): AsyncGenerator<Dirent> {
    return this[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) this.closeSync();
  }

  [Symbol.dispose](): void {
    if (!this.#isClosed) this.closeSync();
  }

  #requireOpen(): void {
    if (!this.#isClosed) return;
    throw Object.assign(argumentError("ERR_INVALID_ARG_VALUE", "Directory handle was closed"), {
      code: "ERR_DIR_CLOSED",
    });
  }
}

async function attempt<T>(act: () => T): Promise<T> {
  return act();
}
