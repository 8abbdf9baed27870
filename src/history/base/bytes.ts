import { bytesOfText, textOfBytes } from "../../../journal/index.ts";

/** Reports bytes that are no valid stored snapshot. */
export class SnapshotDamage extends Error {
  override readonly name = "SnapshotDamage";
}

// Bases are written in this, and are read for ever: what is written and read here never changes.

/** Writes numbers, times and texts into a growing buffer. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** Reserves `room` bytes at first. */
  constructor(room = 1_024) {
    this.#bytes = new Uint8Array(room);
  }

  get length(): number {
    return this.#length;
  }

  /** Returns a copy of the written bytes. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Returns the written bytes themselves, valid until more are written. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Writes a whole number from 0 to 2^53 - 1, low seven bits first. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Writes a whole number of either sign, up to 2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** Writes a time in nanoseconds; it takes few bytes if it is a little before `reference`. */
  time(value: bigint, reference: bigint): void {
    const before = reference - value;
    if (before >= 0n && before < nearNanoseconds) {
      this.varint(Number(before) + 1);
      return;
    }
    this.byte(0);
    this.fixed(value);
  }

  /** Writes a 64-bit whole number in eight bytes. */
  fixed(value: bigint): void {
    this.#reserve(8);
    let rest = BigInt.asUintN(64, value);
    for (let index = 0; index < 8; index += 1) {
      this.#bytes[this.#length++] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }

  /** Writes the bytes of a text after their number; they need not be UTF-8. */
  text(value: string): void {
    this.#reserve(value.length * 3 + 8);
    const start = this.#length;
    // Most names are short and ASCII: then the length takes one byte.
    if (value.length < 0x80) {
      let at = start + 1;
      for (let index = 0; index < value.length; index += 1) {
        const unit = value.charCodeAt(index);
        if (unit >= 0x80) return this.#longText(value);
        this.#bytes[at++] = unit;
      }
      this.#bytes[start] = value.length;
      this.#length = at;
      return;
    }
    this.#longText(value);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  #longText(value: string): void {
    const bytes = bytesOfText(value);
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Some thirteen days: within varint's range, and exact in a double. */
const nearNanoseconds = 1n << 50n;

/** Reads the output of ByteWriter, from `at` to `end`. Throws SnapshotDamage instead of reading past it. */
export class ByteReader {
  at: number;
  readonly end: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.at = at;
    this.end = end;
    if (end > bytes.length || at > end) throw tooShort();
  }

  byte(): number {
    const value = this.at < this.end ? this.#bytes[this.at] : undefined;
    if (value === undefined) throw tooShort();
    this.at += 1;
    return value;
  }

  varint(): number {
    let value = this.byte();
    if (value < 0x80) return value;
    value &= 0x7f;
    for (let scale = 0x80; scale <= 0x80 ** 7; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (Number.isSafeInteger(value)) return value;
        break;
      }
    }
    throw new SnapshotDamage("a number is too large");
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  time(reference: bigint): bigint {
    const before = this.varint();
    return before === 0 ? BigInt.asUintN(64, this.fixed()) : reference - BigInt(before - 1);
  }

  skipTime(): void {
    if (this.varint() === 0) this.skip(8);
  }

  fixed(): bigint {
    const low = this.#word();
    return BigInt.asIntN(64, (BigInt(this.#word()) << 32n) | BigInt(low));
  }

  #word(): number {
    return (this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24)) >>> 0;
  }

  text(): string {
    const length = this.varint();
    const start = this.skip(length);
    return textOfBytes(this.#bytes.subarray(start, this.at));
  }

  bytes(length: number): Uint8Array {
    const start = this.skip(length);
    return this.#bytes.subarray(start, this.at);
  }

  /** Returns a reader of the next `length` bytes; this one continues behind them. */
  part(length: number): ByteReader {
    const start = this.skip(length);
    return new ByteReader(this.#bytes, start, this.at);
  }

  /** Returns the bytes from here to the end. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.at, this.end);
  }

  /** Skips `length` bytes; returns the position of the first. */
  skip(length: number): number {
    const start = this.at;
    if (length > this.end - start) throw tooShort();
    this.at = start + length;
    return start;
  }
}

function tooShort(): SnapshotDamage {
  return new SnapshotDamage("it ends too early");
}
