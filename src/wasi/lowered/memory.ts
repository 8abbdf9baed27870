import { trap } from "../trap.ts";

/** What jco's glue gives a lowered function's factory. */
export interface Context {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Absent where the function returns nothing that needs room. */
  readonly realloc?: (old: number, oldSize: number, align: number, size: number) => number;
  readonly resourceTables?: readonly number[][];
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** For what is cut, perhaps in the middle of a character. */
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** A guest's linear memory, which may grow between any two calls. Pointers and lengths are the guest's: checked. */
export class GuestMemory {
  readonly #context: Context;
  readonly #mostTextBytes: number;
  #view: DataView;
  #bytes: Buffer;
  /** The last room that was given, and where it is. */
  #given: Uint8Array | undefined;
  #pointer = 0;

  /** Texts of more than `mostTextBytes` are no use to the caller: it gets their beginning, which is too long as well. */
  constructor(context: Context, mostTextBytes = 0) {
    this.#context = context;
    this.#mostTextBytes = mostTextBytes;
    this.#view = new DataView(context.memory.buffer);
    this.#bytes = Buffer.from(context.memory.buffer);
  }

  /** Memory of the guest's, from its realloc, to be filled and then put with `putBytes`, which copies nothing then. */
  readonly give = (length: number): Uint8Array => {
    this.#pointer = this.room(length);
    this.#given = this.bytes(this.#pointer, length);
    return this.#given;
  };

  setUint8(at: number, value: number): void {
    this.#fields(at, 1).setUint8(at >>> 0, value);
  }

  setUint32(at: number, value: number): void {
    this.#fields(at, 4).setUint32(at >>> 0, value, true);
  }

  setUint64(at: number, value: bigint): void {
    this.#fields(at, 8).setBigUint64(at >>> 0, value, true);
  }

  /** The guest's own bytes, not a copy: good until the call returns. */
  bytes(pointer: number, length: number): Uint8Array {
    const start = pointer >>> 0;
    const size = length >>> 0;
    const all = this.#all();
    if (start + size > all.length) throw outside();
    return new Uint8Array(all.buffer, start, size);
  }

  text(pointer: number, length: number): string {
    const whole = this.bytes(pointer, length);
    const isCut = whole.length > this.#mostTextBytes;
    const bytes = isCut ? whole.subarray(0, this.#mostTextBytes + 1) : whole;
    if (isAscii(bytes))
      return this.#bytes.toString("latin1", pointer >>> 0, (pointer >>> 0) + bytes.length);
    try {
      return (isCut ? lenientDecoder : decoder).decode(bytes);
    } catch {
      throw trap("a string that is not UTF-8");
    }
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
    const { realloc } = this.#context;
    if (realloc === undefined) throw new Error("the glue gave no realloc");
    return realloc(0, 0, align, length) >>> 0;
  }

  #fields(at: number, size: number): DataView {
    if ((at >>> 0) + size > this.#all().length) throw outside();
    return this.#view;
  }

  #all(): Buffer {
    // A memory that grew has left its old buffer without bytes.
    if (this.#bytes.length === 0) {
      this.#view = new DataView(this.#context.memory.buffer);
      this.#bytes = Buffer.from(this.#context.memory.buffer);
    }
    return this.#bytes;
  }
}

function outside(): Error {
  return trap("a pointer outside of memory");
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x7f) return false;
  return true;
}
