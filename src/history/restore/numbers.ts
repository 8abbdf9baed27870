import type { Ino } from "../../../journal/index.ts";

/** Gives out inode numbers that neither state uses. */
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
