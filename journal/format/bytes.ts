import { bytesOfText, textOfBytes } from "./byte-text.ts";

/** Bytes that cannot be what they are said to be. `journal/` turns it into a JournalError where it knows the file. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

/**
 * Copies bytes start..end of `from` into `to` at `at`. Where one of the two is shared memory, V8's `set` copies it byte
 * by byte unless both happen to be aligned alike, at fifteen times the price; Node.js's own copy, which it uses for a
 * part of a buffer and not for a whole one, does not.
 */
export function copyBytes(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
): void {
  if (start >= end) return;
  to[at] = from[start] ?? 0;
  copyPart.call(from, to, at + 1, start + 1, end);
}

const copyPart: (
  this: Uint8Array,
  to: Uint8Array,
  at: number,
  start: number,
  end: number,
) => number = Buffer.prototype.copy;

const largest64 = 2n ** 64n - 1n;

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Writes numbers and text into a buffer that grows; `buffer.subarray(0, at)` is what was written. */
export class ByteWriter {
  buffer: Buffer = Buffer.allocUnsafeSlow(4096);
  at = 0;
  #view = viewOf(this.buffer);

  reserve(length: number): void {
    if (this.at + length <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.at + length));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
    this.#view = viewOf(larger);
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  /** A whole number from 0 to 2^53 - 1, low seven bits first. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new TypeError(`not a whole number from 0 on: ${value}`);
    this.reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.at++] = rest;
  }

  u64(value: bigint): void {
    if (value < 0n || value > largest64)
      throw new RangeError(`not a whole number of 64 bits: ${value}`);
    this.reserve(8);
    this.#view.setBigUint64(this.at, value, true);
    this.at += 8;
  }

  i64(value: bigint): void {
    this.reserve(8);
    this.at = this.buffer.writeBigInt64LE(value, this.at);
  }

  f64(value: number): void {
    this.reserve(8);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  /** UTF-8 after its length in bytes; lone surrogates stand for bytes, see `isByteText`. */
  text(value: string): void {
    const count = value.length;
    if (count < 0x80) {
      this.reserve(1 + count);
      const start = this.at;
      let index = 0;
      for (; index < count; index++) {
        const unit = value.charCodeAt(index);
        if (unit >= 0x80) break;
        this.buffer[start + 1 + index] = unit;
      }
      if (index === count) {
        this.buffer[start] = count;
        this.at = start + 1 + count;
        return;
      }
    }
    if (!value.isWellFormed()) {
      const bytes = bytesOfText(value);
      this.varint(bytes.length);
      return this.bytes(bytes);
    }
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.reserve(length);
    this.at += this.buffer.write(value, this.at, length, "utf8");
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  /** Bytes start..end of another buffer. */
  range(from: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    copyBytes(from, start, end, this.buffer, this.at);
    this.at += end - start;
  }

  /** One byte for each character. */
  latin1(value: string): void {
    this.reserve(value.length);
    this.at += this.buffer.write(value, this.at, value.length, "latin1");
  }
}

/** Reads what ByteWriter wrote, and throws MalformedError rather than read past the end. */
export class ByteReader {
  readonly buffer: Buffer;
  at: number;

  readonly end: number;

  /** Reads what stands from `start` to `end`. */
  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer;
    this.at = start;
    this.end = end;
  }

  take(length: number): number {
    const start = this.at;
    if (length > this.end - start) throw new MalformedError("ends too early");
    this.at = start + length;
    return start;
  }

  byte(): number {
    return this.buffer[this.take(1)] ?? 0;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 0x80 ** 7; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && scale > 1) throw new MalformedError("a number is longer than it need be");
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
    }
    throw new MalformedError("a number is too large");
  }

  u64(): bigint {
    return this.buffer.readBigUInt64LE(this.take(8));
  }

  i64(): bigint {
    return this.buffer.readBigInt64LE(this.take(8));
  }

  f64(): number {
    return this.buffer.readDoubleLE(this.take(8));
  }

  /** Reads what `text` of a writer wrote; bytes that are no UTF-8 come as lone surrogates. */
  text(): string {
    const length = this.varint();
    const start = this.take(length);
    const text = this.buffer.toString("utf8", start, start + length);
    return text.includes("\uFFFD") ? textOfBytes(this.buffer.subarray(start, this.at)) : text;
  }

  bytes(length: number): Buffer {
    const start = this.take(length);
    return this.buffer.subarray(start, start + length);
  }
}
