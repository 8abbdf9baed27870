/** One section of a core WebAssembly module: its id and the place of its content. */
export interface Section {
  readonly id: number;
  /** The position of the section's id byte. */
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

/** Ids of the sections used here; core spec, binary format, modules. */
export const sectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  export: 7,
  code: 10,
  tag: 13,
} as const;

/** Reads bytes in WebAssembly's binary format; never past the end. */
export class Cursor {
  readonly bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  byte(): number {
    const value = this.bytes[this.position];
    if (value === undefined) throw new RangeError("the module ends in the middle of something");
    this.position += 1;
    return value;
  }

  /** Reads an unsigned LEB128 number of up to 64 bits. */
  unsigned(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number in the module is too long");
  }

  count(): number {
    const value = this.unsigned();
    if (value > 0xffff_ffffn) throw new RangeError("a count in the module is too large");
    return Number(value);
  }

  text(): string {
    const length = this.count();
    const end = this.position + length;
    if (end > this.bytes.length) throw new RangeError("a name reaches past the end of the module");
    const text = new TextDecoder().decode(this.bytes.subarray(this.position, end));
    this.position = end;
    return text;
  }
}

/** Yields the sections of a core module, in order. Throws RangeError if the bytes are not well-formed. */
export function* sections(module: Uint8Array): Generator<Section> {
  const cursor = new Cursor(module, 8);
  while (cursor.position < module.length) {
    const start = cursor.position;
    const id = cursor.byte();
    const length = cursor.count();
    const contentStart = cursor.position;
    const end = contentStart + length;
    if (end > module.length) throw new RangeError("a section reaches past the end of the module");
    yield { id, start, contentStart, end };
    cursor.position = end;
  }
}

/** Owner of the buffer around a module: the module's own may be changed, before the module too. */
export type BufferOwner = "others" | "the module";

/**
 * Returns the module with other content in one of its sections. In a buffer of its own it is changed in place, as far
 * as there is room before it: the bytes before the section are moved, which are few if most of it is code and data.
 * Otherwise it is copied, for which the kernel needs as long as the engine does to compile it.
 */
export function withContent(
  module: Uint8Array<ArrayBuffer>,
  { id, start, end }: Section,
  content: readonly number[],
  owner: BufferOwner = "others",
): Uint8Array<ArrayBuffer> {
  const section = [id, ...unsigned(BigInt(content.length)), ...content];
  const growth = section.length - (end - start);
  if (owner === "the module" && growth <= module.byteOffset) {
    const { buffer, byteOffset, length } = module;
    const moved = new Uint8Array(buffer, byteOffset - growth, length + growth);
    moved.set(module.subarray(0, start));
    moved.set(section, start);
    return moved;
  }
  const whole = new Uint8Array(start + section.length + module.length - end);
  whole.set(module.subarray(0, start));
  whole.set(section, start);
  whole.set(module.subarray(end), start + section.length);
  return whole;
}

/** Encodes a number as unsigned LEB128. */
export function unsigned(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest < 0x80n) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}
