import { trap } from "./abi.ts";

/** Elements of lists, in one call: each takes many times its room in the guest's memory. */
const mostListed = 1_000_000;
/** The same in bytes of the guest's memory: elements may have many parts. */
const mostListedBytes = 32 * 1024 * 1024;
/** Bytes of texts, and of lists of bytes that are copied. */
export const mostTextBytes = 64 * 1024 * 1024;

/** What one call may bring out of a guest's memory: its lists may all be of the same place there, and each is made anew. */
export class LiftRoom {
  #elements = mostListed;
  #elementBytes = mostListedBytes;
  #textBytes = mostTextBytes;

  /** Traps where the lists of the call get too many elements, each of so many bytes. */
  list(count: number, size: number): void {
    this.#elements -= count;
    this.#elementBytes -= count * size;
    if (this.#elements < 0 || this.#elementBytes < 0) throw trap("a list has too many elements");
  }

  /** Traps where the texts of the call get too long. */
  text(bytes: number): void {
    this.#textBytes -= bytes;
    if (this.#textBytes < 0) throw trap("a text is too long");
  }
}
