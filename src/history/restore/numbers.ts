import type { Ino } from "../../../journal/index.ts";

/** Gives inode numbers that neither state has. */
export class Numbers {
  #next: number;

  constructor(next: number) {
    this.#next = next;
  }

  take(): Ino {
    this.#next += 1;
    return (this.#next - 1) as Ino;
  }
}
