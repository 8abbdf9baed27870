import { type Growing, LinearMemory } from "../linear-memory.ts";
import { textIn } from "../text-in.ts";
import { trap } from "../../calls/trap.ts";

/** What jco's glue gives a lowered function's factory. */
export interface Context {
  readonly memory: Growing;
  /** Absent where the function returns nothing that needs room. */
  readonly realloc?: (old: number, oldSize: number, align: number, size: number) => number;
  readonly resourceTables?: readonly number[][];
}

const encoder = new TextEncoder();

/** A guest's memory, and where its realloc gives room in it. */
export class GuestMemory extends LinearMemory {
  readonly #realloc: Context["realloc"];
  readonly #mostTextBytes: number;
  /** The last room that was given, and where it is. */
  #given: Uint8Array | undefined;
  #pointer = 0;

  /** Texts of more than `mostTextBytes` are no use to the caller: it gets their beginning, which is too long as well. */
  constructor({ memory, realloc }: Context, mostTextBytes = 0) {
    super(memory);
    this.#realloc = realloc;
    this.#mostTextBytes = mostTextBytes;
  }

  /** Memory of the guest's, from its realloc, to be filled and then put with `putBytes`, which copies nothing then. */
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

  /** Puts bytes where the guest's realloc says, and their place and length at `field`. */
  putBytes(field: number, bytes: Uint8Array): void {
    if (bytes !== this.#given) this.give(bytes.length).set(bytes);
    this.setUint32(field, this.#pointer);
    this.setUint32(field + 4, bytes.length);
    this.#given = undefined;
  }

  putText(field: number, text: string): void {
    this.putBytes(field, encoder.encode(text));
  }

  /** Room of `length` bytes from the guest's realloc. */
  room(length: number, align = 1): number {
    if (this.#realloc === undefined) throw new Error("the glue gave no realloc");
    return this.#realloc(0, 0, align, length) >>> 0;
  }
}
