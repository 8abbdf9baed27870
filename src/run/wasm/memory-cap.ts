import {
  type BufferOwner,
  Cursor,
  sectionId,
  sections,
  unsigned,
  withContent,
} from "./sections.ts";

const pageBytes = 65_536n;
const hasMaximum = 1;
const is64Bit = 4;
const hasPageSize = 8;

/** A module with capped memories, or how many bytes it needs at least if that is more than the cap. */
export type Capped = { readonly module: Uint8Array<ArrayBuffer> } | { readonly needsBytes: number };

/**
 * Rewrites the maximum of every memory that a core module defines, so that none grows past `maxBytes`: the engine
 * refuses `memory.grow` beyond it, as when memory has run out. Returns the same bytes if nothing had to change.
 */
export function capMemory(
  module: Uint8Array<ArrayBuffer>,
  maxBytes: number,
  owner: BufferOwner = "others",
): Capped {
  for (const section of sections(module)) {
    if (section.id !== sectionId.memory) continue;
    const cursor = new Cursor(module, section.contentStart);
    const limits = Array.from({ length: cursor.count() }, () => readLimits(cursor));
    const needed = limits.reduce(
      (most, limit) =>
        limit.minimum * limit.pageBytes > most ? limit.minimum * limit.pageBytes : most,
      0n,
    );
    if (needed > BigInt(maxBytes)) return { needsBytes: Number(needed) };
    const content = [
      ...unsigned(BigInt(limits.length)),
      ...limits.flatMap((limit) => encode(limit, BigInt(maxBytes))),
    ];
    return { module: withContent(module, section, content, owner) };
  }
  return { module };
}

/** Counts the memories that a core module defines. */
export function memoriesOf(module: Uint8Array): number {
  for (const { id, contentStart } of sections(module))
    if (id === sectionId.memory) return new Cursor(module, contentStart).count();
  return 0;
}

interface MemoryLimits {
  readonly flags: number;
  readonly minimum: bigint;
  readonly maximum: bigint | undefined;
  readonly pageSizeLog2: number | undefined;
  readonly pageBytes: bigint;
}

function readLimits(cursor: Cursor): MemoryLimits {
  const flags = cursor.byte();
  const minimum = cursor.unsigned();
  const maximum = (flags & hasMaximum) === 0 ? undefined : cursor.unsigned();
  const pageSizeLog2 = (flags & hasPageSize) === 0 ? undefined : cursor.count();
  return {
    flags,
    minimum,
    maximum,
    pageSizeLog2,
    pageBytes: pageSizeLog2 === undefined ? pageBytes : 1n << BigInt(pageSizeLog2),
  };
}

function encode(limits: MemoryLimits, maxBytes: bigint): number[] {
  const allowed = maxBytes / limits.pageBytes;
  const maximum =
    limits.maximum !== undefined && limits.maximum < allowed ? limits.maximum : allowed;
  // A 32-bit memory has at most 65,536 pages; a larger maximum would make the module invalid.
  const representable =
    (limits.flags & is64Bit) === 0 && maximum * limits.pageBytes > 1n << 32n
      ? (1n << 32n) / limits.pageBytes
      : maximum;
  return [
    limits.flags | hasMaximum,
    ...unsigned(limits.minimum),
    ...unsigned(representable),
    ...(limits.pageSizeLog2 === undefined ? [] : unsigned(BigInt(limits.pageSizeLog2))),
  ];
}
