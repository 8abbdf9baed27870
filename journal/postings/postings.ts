import { columnOfText } from "../format/byte-text.ts";
import { crc32 } from "../format/zlib.ts";
import { ByteWriter, MalformedError } from "../format/bytes.ts";

/**
 * An inverted index: for each key the values that have it, ascending. It is kept in parts, each for `span` consecutive
 * values. A part is written once and as a whole, so that adding to the index costs the same at any size.
 */
export interface PostingList {
  /** The list's number in the table. */
  readonly list: number;
  readonly span: number;
}

/** Lists the events on, from or to a place: keys are places, values are seqs. */
export const eventsAt: PostingList = { list: 1, span: 16_384 };
/** Lists the places of an inode: keys are the lowest 32 bits of inos, values are places. */
export const placesOfIno: PostingList = { list: 2, span: 4_096 };
/** Lists the places of a path: keys are the CRC-32 of paths as columns hold them, values are places. */
export const placesOfPath: PostingList = { list: 3, span: 4_096 };

export function inoKey(ino: number): number {
  return ino % 2 ** 32;
}

/** Returns the key of a path. */
export function pathKey(path: string): number {
  return columnKey(columnOfText(path));
}

/** Returns the key of a path as a column holds it. */
export function columnKey(column: string): number {
  return crc32(column);
}

/** Returns the part that a value is in. */
export function partOf({ span }: PostingList, value: number): number {
  return Math.floor(value / span);
}

/** Counts the complete parts, if all values up to `last` exist. */
export function completeParts(list: PostingList, last: number): number {
  return partOf(list, last + 1);
}

/** Packs a pair of a part into one number, which sorts by key and then by value. */
export function pairOf({ span }: PostingList, key: number, value: number): number {
  return key * span + (value % span);
}

/** A row of `posting` without list and part: some pairs of a part in order; `key` and `value` are the first pair. */
export interface PostingRow {
  readonly key: number;
  readonly value: number;
  readonly bytes: Buffer;
}

/** Makes the rows of a part from its sorted pairs; drops duplicates. */
export function* rowsOf(
  { span }: PostingList,
  part: number,
  pairs: Iterable<number>,
): Generator<PostingRow> {
  const writer = new ByteWriter();
  let first: { readonly key: number; readonly value: number } | undefined;
  let previous = -1;
  let previousKey = 0;
  const row = ({ key, value }: { readonly key: number; readonly value: number }) => ({
    key,
    value,
    bytes: Buffer.from(writer.buffer.subarray(0, writer.at)),
  });
  for (const pair of pairs) {
    if (pair === previous) continue;
    if (!Number.isSafeInteger(pair) || pair < previous)
      throw new MalformedError("a number of its index is out of range");
    const key = Math.floor(pair / span);
    const offset = pair - key * span;
    if (first !== undefined && writer.at > rowBytes - mostPairBytes) {
      yield row(first);
      first = undefined;
    }
    if (first === undefined) {
      first = { key, value: part * span + offset };
      writer.at = 0;
    } else {
      writer.varint(key - previousKey);
      writer.byte(offset & 0xff);
      writer.byte(offset >> 8);
    }
    previous = pair;
    previousKey = key;
  }
  if (first !== undefined) yield row(first);
}

/** Adds the values of a row's wanted keys to `values`; `last` is the highest wanted key. */
export function takeFrom(
  { span }: PostingList,
  row: PostingRow,
  isWanted: (key: number) => boolean,
  last: number,
  values: number[],
): void {
  const { bytes } = row;
  // In a damaged file a row may hold anything.
  if (!Buffer.isBuffer(bytes)) throw new MalformedError("a row of its index holds no bytes");
  const start = row.value - (row.value % span);
  let { key, value } = row;
  for (let at = 0; key <= last;) {
    if (isWanted(key)) values.push(value);
    if (at >= bytes.length) return;
    let byte = bytes[at++] ?? 0;
    key += byte & 0x7f;
    for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
      byte = bytes[at++] ?? 0;
      key += (byte & 0x7f) * scale;
    }
    value = start + (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 0x100;
    at += 2;
  }
}

/** A row of up to 1,000 bytes fits on a page, even one of 4 KiB, and few pairs are read in vain. */
const rowBytes = 900;
const mostPairBytes = 10;
