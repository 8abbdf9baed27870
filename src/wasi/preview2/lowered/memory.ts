import { type Growing, LinearMemory } from "../linear-memory.ts";
import { textIn } from "../text-in.ts";
import { trap } from "../../calls/trap.ts";

/** Options that jco's glue passes to a lowered function's factory. */
export interface Context {
  readonly memory: Growing;
  /** Absent if the function returns nothing that needs room. */
  readonly realloc?: (old: number, oldSize: number, align: number, size: number) => number;
  readonly resourceTables?: readonly number[][];
}

const encoder = new TextEncoder();

/** A guest's memory, with room from its realloc. */
export class GuestMemory extends LinearMemory {
  readonly #realloc: Context["realloc"];
  readonly #mostTextBytes: number;
  /** The latest room from realloc, and its place. */
  #given: Uint8Array | undefined;
  #pointer = 0;

  /** Of texts longer than `mostTextBytes` the caller gets only a beginning, which is too long as well. */
  constructor({ memory, realloc }: Context, mostTextBytes = 0) {
    super(memory);
    this.#realloc = realloc;
    this.#mostTextBytes = mostTextBytes;
  }

  /** Returns memory from the guest's realloc, to be filled and then passed to `putBytes`, which then copies nothing. */
  readonly give = (length: number): Uint8Array => {
    this.#pointer = this.room(length);
    this.#given = this.bytes(this.#pointer, length);
    return this.#given;
  };

  text(pointer: number, length: number): string {
    const text = textIn(this, pointer, length, this.#mostTextBytes);
    if (text === undefined) throw trap("a string that is not UTF-8");
    return text;
  }

  /** Copies bytes into room from the guest's realloc, and writes their place and length at `field`. */
  putBytes(field: number, bytes: Uint8Array): void {
    if (bytes !== this.#given) this.give(bytes.length).set(bytes);
    this.setUint32(field, this.#pointer);
    this.setUint32(field + 4, bytes.length);
    this.#given = undefined;
  }

  putText(field: number, text: string): void {
    this.putBytes(field, encoder.encode(text));
  }

  /** Returns room of `length` bytes from the guest's realloc. */
  room(length: number, align = 1): number {
    if (this.#realloc === undefined) throw new Error("the glue gave no realloc");
    return this.#realloc(0, 0, align, length) >>> 0;
  }
}
