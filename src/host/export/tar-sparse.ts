import type { Content } from "../../fs/index.ts";
import { dataRanges } from "../disk/ranges.ts";

/** Smaller holes are written as zeros instead of mapped. */
const leastHoleBytes = 64 * 1024;
const blockBytes = 512;

interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** Layout of a file with holes in a tar file: GNU tar's sparse format, version 1.0. */
export interface SparseForm {
  readonly name: string;
  readonly pax: Readonly<Record<string, string>>;
  /** Bytes of the map and the ranges together. */
  readonly size: number;
  /** Ranges of the file that follow the map. */
  readonly ranges: readonly ByteSpan[];
  readonly map: Uint8Array;
}

/**
 * Returns the sparse form of a file whose holes are large enough; undefined for all others. `path` is the path in the
 * tar file.
 */
export function sparseForm(path: string, content: Content): SparseForm | undefined {
  const { size, mapped } = content;
  if (size - mapped < leastHoleBytes) return undefined;
  const ranges = blockRanges(content);
  const numbers = ranges.flatMap(({ start, end }) => [start, end - start]);
  if (ranges.at(-1)?.end !== size) numbers.push(size, 0);
  const text = [numbers.length / 2, ...numbers, ""].join("\n");
  const map = new Uint8Array(Math.ceil(text.length / blockBytes) * blockBytes);
  new TextEncoder().encodeInto(text, map);
  const slash = path.lastIndexOf("/") + 1;
  return {
    name: `${path.slice(0, slash)}GNUSparseFile.0/${path.slice(slash)}`,
    pax: {
      "GNU.sparse.major": "1",
      "GNU.sparse.minor": "0",
      "GNU.sparse.name": path,
      "GNU.sparse.realsize": String(size),
    },
    size: map.length + ranges.reduce((sum, { start, end }) => sum + end - start, 0),
    ranges,
    map,
  };
}

/**
 * Rounds the ranges to whole blocks: GNU tar begins each range in a block of its own, other programs where the one
 * before ends, and whole blocks suit both.
 */
function blockRanges(content: Content): ByteSpan[] {
  const ranges: { start: number; end: number }[] = [];
  for (const { offset, length } of dataRanges(content, Number.POSITIVE_INFINITY)) {
    const start = offset - (offset % blockBytes);
    const end = Math.min(content.size, Math.ceil((offset + length) / blockBytes) * blockBytes);
    const last = ranges.at(-1);
    if (last !== undefined && start <= last.end) last.end = end;
    else ranges.push({ start, end });
  }
  return ranges;
}
