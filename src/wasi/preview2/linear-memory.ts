import { trap } from "../calls/trap.ts";

/** A guest's memory as the engine has it: each growth replaces its buffer. */
export interface Growing {
  readonly buffer: ArrayBuffer;
}

const largestHalf = 2 ** 32;

/**
 * A guest's linear memory, which may grow between any two calls. Checks pointers and lengths, which are the guest's.
 */
export class LinearMemory {
  readonly #memory: Growing;
  #view: DataView;
  #bytes: Buffer;
  /** The latest view: programs read and write in the same places again and again. */
  #last: Uint8Array;

  constructor(memory: Growing) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#bytes = Buffer.from(memory.buffer);
    this.#last = this.#bytes;
  }

  /** Traps unless so many bytes from the pointer on lie in memory. */
  check(pointer: number, length: number): void {
    if ((pointer >>> 0) + length > this.all().length) throw outside();
  }

  /** Returns a view for several fields at once, in so many bytes from `at` on. */
  fields(at: number, size: number): DataView {
    if ((at >>> 0) + size > this.all().length) throw outside();
    return this.#view;
  }

  setUint8(at: number, value: number): void {
    this.fields(at, 1).setUint8(at >>> 0, value);
  }

  setUint16(at: number, value: number): void {
    this.fields(at, 2).setUint16(at >>> 0, value, true);
  }

  setUint32(at: number, value: number): void {
    this.fields(at, 4).setUint32(at >>> 0, value, true);
  }

  setUint64(at: number, value: bigint): void {
    this.fields(at, 8).setBigUint64(at >>> 0, value, true);
  }

  /** Writes a whole number from 0 to 2^53 as a 64-bit one. */
  setCount64(at: number, value: number): void {
    putCount64(this.fields(at, 8), at >>> 0, value);
  }

  uint8(at: number): number {
    return this.fields(at, 1).getUint8(at >>> 0);
  }

  uint16(at: number): number {
    return this.fields(at, 2).getUint16(at >>> 0, true);
  }

  uint32(at: number): number {
    return this.fields(at, 4).getUint32(at >>> 0, true);
  }

  uint64(at: number): bigint {
    return this.fields(at, 8).getBigUint64(at >>> 0, true);
  }

  /** Returns a view of the guest's bytes, valid until the call returns. */
  bytes(pointer: number, length: number): Uint8Array {
    const start = pointer >>> 0;
    const size = length >>> 0;
    const all = this.all();
    if (start + size > all.length) throw outside();
    const last = this.#last;
    if (last.byteOffset === start && last.length === size) return last;
    this.#last = new Uint8Array(all.buffer, start, size);
    return this.#last;
  }

  /** Returns a view of the whole memory as it is now. */
  all(): Buffer {
    // Growth has detached the old buffer.
    if (this.#bytes.length === 0) {
      this.#view = new DataView(this.#memory.buffer);
      this.#bytes = Buffer.from(this.#memory.buffer);
      this.#last = this.#bytes;
    }
    return this.#bytes;
  }
}

/** Writes a whole number from 0 to 2^53 as a 64-bit one. */
export function putCount64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setUint32(at + 4, value < largestHalf ? 0 : value / largestHalf, true);
}

function outside(): Error {
  return trap("a pointer outside of memory");
}
