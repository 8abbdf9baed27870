import type { Opened } from "./open-file.ts";

/** A guest's descriptors by number. A new one gets the lowest free number, as in POSIX. */
export class Descriptors {
  readonly #slots: (Opened | undefined)[] = [];
  /** No number below is free. */
  #lowest = 0;

  get(fd: number): Opened | undefined {
    return this.#slots[fd];
  }

  add(opened: Opened): number {
    let fd = this.#lowest;
    while (this.#slots[fd] !== undefined) fd += 1;
    this.#slots[fd] = opened;
    this.#lowest = fd + 1;
    return fd;
  }

  /** Closes a descriptor; returns false if it was not open. */
  close(fd: number): boolean {
    const opened = this.#slots[fd];
    if (opened === undefined) return false;
    this.#slots[fd] = undefined;
    this.#lowest = Math.min(this.#lowest, fd);
    opened.close();
    return true;
  }

  /** Moves a descriptor to another's number, and closes that one. Returns false if either is not open. */
  renumber(fd: number, to: number): boolean {
    const opened = this.#slots[fd];
    const replaced = this.#slots[to];
    if (opened === undefined || replaced === undefined) return false;
    if (fd === to) return true;
    replaced.close();
    this.#slots[to] = opened;
    this.#slots[fd] = undefined;
    this.#lowest = Math.min(this.#lowest, fd);
    return true;
  }

  closeAll(): void {
    for (const opened of this.#slots) opened?.close();
    this.#slots.length = 0;
    this.#lowest = 0;
  }
}
