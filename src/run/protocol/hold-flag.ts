import { closeSync, readSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";

import { openUnnamed } from "../../../journal/index.ts";

/**
 * A byte in a file without a name, by which a guest's process learns without asking that a debugger holds calls. Nothing
 * else can be told to a process whose program does not wait for anything.
 */
export class HoldFlag implements Disposable {
  /** A descriptor for the guest's process, which cannot write. */
  readonly reader: number;
  readonly #writer: number;

  /** Throws errors of node:fs. */
  constructor() {
    ({ writer: this.#writer, reader: this.reader } = openUnnamed(tmpdir()));
  }

  set(isHeld: boolean): void {
    writeSync(this.#writer, Uint8Array.of(isHeld ? 1 : 0), 0, 1, 0);
  }

  [Symbol.dispose](): void {
    closeSync(this.#writer);
    closeSync(this.reader);
  }
}

/** Milliseconds between two looks at it: each is a system call. */
const lookMilliseconds = 2;

/** Returns a function that tells whether the flag behind a descriptor is set, or was a moment ago. */
export function holdFlagAt(descriptor: number): () => boolean {
  const byte = new Uint8Array(1);
  let isHeld = false;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last < lookMilliseconds) return isHeld;
    last = now;
    isHeld = readSync(descriptor, byte, 0, 1, 0) === 1 && byte[0] === 1;
    return isHeld;
  };
}
