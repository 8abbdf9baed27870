import { trap } from "./abi.ts";

/** Most elements of lists in one call: each takes many times its room in the guest's memory. */
const mostListed = 1_000_000;
/** Most bytes of lists in the guest's memory: elements may have many parts. */
const mostListedBytes = 32 * 1024 * 1024;
/** Most bytes of texts, and of lists of bytes that are copied. */
export const mostTextBytes = 64 * 1024 * 1024;

/**
 * Limits the values that one call may bring out of a guest's memory: its lists may all point to the same place, and
 * each is copied.
 */
export class LiftRoom {
  #elements = mostListed;
  #elementBytes = mostListedBytes;
  #textBytes = mostTextBytes;

  /** Traps if the call's lists get too many elements; each has so many bytes. */
  list(count: number, size: number): void {
    this.#elements -= count;
    this.#elementBytes -= count * size;
    if (this.#elements < 0 || this.#elementBytes < 0) throw trap("a list has too many elements");
  }

  /** Traps if the call's texts get too long. */
  text(bytes: number): void {
    this.#textBytes -= bytes;
    if (this.#textBytes < 0) throw trap("a text is too long");
  }
}
