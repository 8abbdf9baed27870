import { crc32 } from "../format/zlib.ts";
import { ByteWriter, MalformedError } from "../format/bytes.ts";

/**
 * An inverted index: for each key the values that have it, in ascending order. It is kept in parts, each for `span` values
 * in a row, which are written once and as a whole, so that what is added costs the same however much there is.
 */
export interface PostingList {
  /** As the table has it. */
  readonly list: number;
  readonly span: number;
}

/** The events on, from or to a place: its number, and their seqs. */
export const eventsAt: PostingList = { list: 1, span: 16_384 };
/** The places of an inode: the lowest 32 bits of its number, and the numbers of the places. */
export const placesOfIno: PostingList = { list: 2, span: 4_096 };
/** The places of a path: the CRC-32 of its UTF-8, and the numbers of the places. */
export const placesOfPath: PostingList = { list: 3, span: 4_096 };

export function inoKey(ino: number): number {
  return ino % 2 ** 32;
}

export function pathKey(path: string): number {
  return crc32(path);
}

/** The part that a value is in. */
export function partOf({ span }: PostingList, value: number): number {
  return Math.floor(value / span);
}

/** How many parts are complete, when all values up to one are there. */
export function completeParts(list: PostingList, last: number): number {
  return partOf(list, last + 1);
}

/** A pair of a part as one number, which sorts by key and then by value. */
export function pairOf({ span }: PostingList, key: number, value: number): number {
  return key * span + (value % span);
}

/** A row of `posting`, less list and part: some pairs of a part in order, of which `key` and `value` are the first. */
export interface PostingRow {
  readonly key: number;
  readonly value: number;
  readonly bytes: Buffer;
}

/** The rows of a part, of its pairs in order; a pair that comes twice stands there once. */
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

/** Adds to `values` those in a row whose keys are wanted; `last` is the highest key that is. */
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

/** A row of up to 1,000 bytes is whole on its page also where those are of 4 KiB, and few pairs are read in vain. */
const rowBytes = 900;
const mostPairBytes = 10;
