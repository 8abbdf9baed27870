import type { Ino } from "../../../journal/index.ts";

/** Counts the open descriptors of inodes. */
export class OpenInodes {
  /** The number of descriptors. */
  count = 0;
  readonly #counts = new Map<Ino, number>();
  /** Inodes that were opened to be read, where rules say who may. */
  readonly #readable = new Set<Ino>();

  readonly has = (ino: Ino): boolean => this.#counts.has(ino);

  /** Returns the inodes that are open. */
  get all(): readonly Ino[] {
    return [...this.#counts.keys()];
  }

  add(ino: Ino): void {
    this.count += 1;
    this.#counts.set(ino, (this.#counts.get(ino) ?? 0) + 1);
  }

  /** Takes one away; returns true if it was the last one of the inode. */
  remove(ino: Ino): boolean {
    const count = this.#counts.get(ino);
    if (count === undefined) return false;
    this.count -= 1;
    if (count > 1) {
      this.#counts.set(ino, count - 1);
      return false;
    }
    this.#counts.delete(ino);
    this.#readable.delete(ino);
    return true;
  }

  /** Takes note that an open inode may be read. */
  allow(ino: Ino): void {
    if (this.has(ino)) this.#readable.add(ino);
  }

  mayRead(ino: Ino): boolean {
    return this.#readable.has(ino);
  }
}
