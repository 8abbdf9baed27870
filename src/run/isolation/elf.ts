import { closeSync, openSync, readSync } from "node:fs";

/** What an ELF file of 64 bits says of how it is loaded. */
export interface Loading {
  /** Path of the loader that starts it (PT_INTERP); undefined for a library, and for a static program. */
  readonly interpreter: string | undefined;
  /** Names of the libraries that it needs (DT_NEEDED), in order. */
  readonly needed: readonly string[];
  /** The name by which others need it (DT_SONAME). */
  readonly name: string | undefined;
}

/** Reads how a program or library is loaded; undefined where the file is no little-endian ELF file of 64 bits. */
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

// elf.h
const headerBytes = 64;
const load = 1;
const dynamic = 2;
const interpreter = 3;
const needed = 1;
const stringTable = 5;
const stringTableBytes = 10;
const soname = 14;
const mostBytes = 1 << 20;

function parse(read: Read): Loading | undefined {
  const header = read(0, headerBytes);
  if (header.length < headerBytes || header.readUInt32BE(0) !== 0x7f45_4c46) return undefined;
  if (header[4] !== 2 || header[5] !== 1) return undefined;
  const segments = segmentsOf(header, read);
  const bytesOf = (type: number): Buffer | undefined => {
    const found = segments.find((segment) => segment.type === type);
    return found && read(found.offset, Math.min(found.length, mostBytes));
  };
  const entries = entriesOf(bytesOf(dynamic) ?? Buffer.alloc(0));
  const first = (tag: number) => entries.find((entry) => entry.tag === tag)?.value;
  const names = stringsAt(segments, first(stringTable), first(stringTableBytes), read);
  const namedSelf = first(soname);
  const loader = bytesOf(interpreter);
  return {
    interpreter: loader && textAt(loader, 0),
    needed: entries.filter(({ tag }) => tag === needed).map(({ value }) => textAt(names, value)),
    name: namedSelf === undefined ? undefined : textAt(names, namedSelf),
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

function entriesOf(table: Buffer): readonly { readonly tag: number; readonly value: number }[] {
  return Array.from({ length: Math.floor(table.length / 16) }, (_, index) => ({
    tag: Number(table.readBigUInt64LE(index * 16)),
    value: Number(table.readBigUInt64LE(index * 16 + 8)),
  }));
}

/** The strings of the dynamic section, which says by address where they are. */
function stringsAt(
  segments: readonly Segment[],
  address: number | undefined,
  length: number | undefined,
  read: Read,
): Buffer {
  const holder = segments.find(
    (segment) =>
      segment.type === load &&
      address !== undefined &&
      address >= segment.address &&
      address < segment.address + segment.length,
  );
  if (holder === undefined || address === undefined) return Buffer.alloc(0);
  return read(holder.offset + address - holder.address, Math.min(length ?? 0, mostBytes));
}

function textAt(bytes: Buffer, start: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString("utf8", start, end === -1 ? undefined : end);
}
