import { closeSync, openSync, readSync } from "node:fs";

/** Loading instructions of a 64-bit ELF file. */
export interface Loading {
  /** Path of the loader that starts it (PT_INTERP); undefined for a library, and for a static program. */
  readonly interpreter: string | undefined;
  /** Names of the libraries that it needs (DT_NEEDED), in order. */
  readonly needed: readonly string[];
  /** Name by which others need it (DT_SONAME). */
  readonly name: string | undefined;
}

/** Reads how a program or library is loaded; undefined unless the file is a little-endian 64-bit ELF file. */
export function readLoading(path: string): Loading | undefined {
  const file = openSync(path, "r");
  try {
    return parse((offset, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
    });
  } finally {
    closeSync(file);
  }
}

type Read = (offset: number, length: number) => Buffer;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly length: number;
}

const nowhere = { type: 0, offset: 0, address: 0, length: 0 } satisfies Segment;

// elf.h
const headerBytes = 64;
const load = 1;
const dynamic = 2;
const interpreter = 3;
const needed = 1;
const stringTable = 5;
const soname = 14;
const mostTableBytes = 64 * 1024;
const mostTextBytes = 4096;

function parse(read: Read): Loading | undefined {
  const header = read(0, headerBytes);
  if (header.length < headerBytes || header.readUInt32BE(0) !== 0x7f45_4c46) return undefined;
  if (header[4] !== 2 || header[5] !== 1) return undefined;
  const segments = segmentsOf(header, read);
  const entries = entriesOf(segments, read);
  const strings = entries.find(({ tag }) => tag === stringTable)?.value ?? 0;
  const named = (wanted: number) =>
    entries
      .filter(({ tag }) => tag === wanted)
      .map(({ value }) => textAt(placeOf(segments, strings + value), read));
  const loader = segments.find(({ type }) => type === interpreter);
  return {
    interpreter: loader && textAt(loader.offset, read),
    needed: named(needed),
    name: named(soname)[0],
  };
}

function segmentsOf(header: Buffer, read: Read): readonly Segment[] {
  const size = header.readUInt16LE(54);
  const count = header.readUInt16LE(56);
  const table = read(Number(header.readBigUInt64LE(32)), size * count);
  return Array.from({ length: Math.floor(table.length / Math.max(size, 56)) }, (_, index) => ({
    type: table.readUInt32LE(index * size),
    offset: Number(table.readBigUInt64LE(index * size + 8)),
    address: Number(table.readBigUInt64LE(index * size + 16)),
    length: Number(table.readBigUInt64LE(index * size + 32)),
  }));
}

function entriesOf(
  segments: readonly Segment[],
  read: Read,
): readonly { readonly tag: number; readonly value: number }[] {
  const { offset, length } = segments.find(({ type }) => type === dynamic) ?? nowhere;
  const table = read(offset, Math.min(length, mostTableBytes));
  return Array.from({ length: Math.floor(table.length / 16) }, (_, index) => ({
    tag: Number(table.readBigUInt64LE(index * 16)),
    value: Number(table.readBigUInt64LE(index * 16 + 8)),
  }));
}

/** Converts an address into an offset in the file: the dynamic section holds addresses only. */
function placeOf(segments: readonly Segment[], address: number): number {
  const holder = segments.find(
    (segment) =>
      segment.type === load &&
      address >= segment.address &&
      address < segment.address + segment.length,
  );
  return holder === undefined ? 0 : holder.offset + address - holder.address;
}

/** Returns the text at an offset, up to its NUL. */
function textAt(place: number, read: Read): string {
  const bytes = read(place, mostTextBytes);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end === -1 ? undefined : end);
}
