import { closeSync, readSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";

import { openUnnamed } from "../../../journal/index.ts";

/**
 * A byte in a file without a name, by which a guest's process learns without asking that a debugger holds calls, or that a
 * person wants something put back. Nothing else can be told to a process whose program does not wait for anything.
 */
export class HoldFlag implements Disposable {
  /** A descriptor for the guest's process, which cannot write. */
  readonly reader: number;
  readonly #writer: number;
  #bits = 0;

  /** Throws errors of node:fs. */
  constructor() {
    ({ writer: this.#writer, reader: this.reader } = openUnnamed(tmpdir()));
  }

  /** Says if calls are held. */
  hold(isHeld: boolean): void {
    this.#set(bits.held, isHeld);
  }

  /** Says if somebody waits for the process to ask for news. */
  tell(hasNews: boolean): void {
    this.#set(bits.news, hasNews);
  }

  #set(bit: number, isSet: boolean): void {
    this.#bits = isSet ? this.#bits | bit : this.#bits & ~bit;
    writeSync(this.#writer, Uint8Array.of(this.#bits), 0, 1, 0);
  }

  [Symbol.dispose](): void {
    closeSync(this.#writer);
    closeSync(this.reader);
  }
}

/** Milliseconds between two looks at it: each is a system call. */
export const lookMilliseconds = 2;

/** The flag in the guest's process. */
export interface Flag {
  /** Tells if calls are held, or were a moment ago. */
  isHeld(): boolean;
  /** Tells if there are news; looks at each `every`th call, and not more often than the time allows. 0: looks now. */
  hasNews(every: number): boolean;
}

/** Reads the flag behind a descriptor. */
export function flagAt(descriptor: number): Flag {
  const byte = new Uint8Array(1);
  let last = Number.NEGATIVE_INFINITY;
  let calls = 0;
  const look = (when: "now" | "soon" = "soon"): number => {
    const now = performance.now();
    if (when === "soon" && now - last < lookMilliseconds) return byte[0] ?? 0;
    last = now;
    readSync(descriptor, byte, 0, 1, 0);
    return byte[0] ?? 0;
  };
  return {
    isHeld: () => (look() & bits.held) !== 0,
    hasNews(every) {
      calls += 1;
      if (calls < every) return false;
      calls = 0;
      return (look(every === 0 ? "now" : "soon") & bits.news) !== 0;
    },
  };
}

const bits = { held: 1, news: 2 } as const;
