import type { Opened } from "./open-file.ts";

/** Standard streams do not count against the limit on what is open. */
const standardStreams = 3;

/** A guest's descriptors by number. What is opened gets the lowest number that is free, as POSIX has it. */
export class Descriptors {
  readonly #slots: (Opened | undefined)[] = [];
  readonly #most: number;
  /** No number below is free. */
  #lowest = 0;

  /** `most` is how many files and directories may be open. */
  constructor(most: number) {
    this.#most = most + standardStreams;
  }

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

  /** Tells whether there was something to close. */
  close(fd: number): boolean {
    const opened = this.#slots[fd];
    if (opened === undefined) return false;
    this.#slots[fd] = undefined;
    this.#lowest = Math.min(this.#lowest, fd);
    opened.close();
    return true;
  }

  /** Moves a descriptor to another number and closes what stood there. Tells whether that is possible. */
  renumber(fd: number, to: number): boolean {
    const opened = this.#slots[fd];
    if (opened === undefined || to >= this.#most) return false;
    if (fd === to) return true;
    this.#slots[to]?.close();
    while (this.#slots.length < to) this.#slots.push(undefined);
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
