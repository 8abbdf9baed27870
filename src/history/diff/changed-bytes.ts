import type { Extent, TapeSpan } from "../../../journal/index.ts";
import {
  type Content,
  type Inode,
  changedRanges,
  extentsOf,
  readContent,
  spansOf,
} from "../../fs/index.ts";
import type { ReadTape } from "../snapshots/read-tape.ts";
import { unlessUnread } from "./unread.ts";

/** Bytes of a file from `start` to `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The number of bytes to read and compare at a time. */
const stride = 64 * 1024;

/**
 * Yields the byte ranges that differ between two contents, in order. Bytes at the same place of the tape in both are
 * never read. The additional end of a longer file is one range. Joins ranges that are closer than 16 bytes.
 */
export function* changedBytes(
  before: Content,
  after: Content,
  readTape: ReadTape,
): Generator<ByteRange> {
  let held: { start: number; end: number } | undefined;
  for (const range of differingBytes(before, after, readTape)) {
    if (held !== undefined && range.start - held.end < nearby) {
      held.end = range.end;
      continue;
    }
    if (held !== undefined) yield held;
    held = { start: range.start, end: range.end };
  }
  if (held !== undefined) yield held;
}

const nearby = 16;

/**
 * Tells whether two contents have the same bytes; reads only bytes at different places of the tape. Where they cannot be
 * had, the answer is no.
 */
export function sameBytes(before: Content, after: Content, readTape: ReadTape): boolean {
  if (before.size !== after.size) return false;
  return unlessUnread(() => differingBytes(before, after, readTape).next().done === true, false);
}

/** Returns the spans of the tape that `sameBytes` reads first of two inodes; none where it reads nothing. */
export function comparedSpans(before: Inode | undefined, after: Inode | undefined): TapeSpan[] {
  if (before?.type !== "file" || after?.type !== "file") return [];
  const [one, other] = [before.content, after.content];
  const [first] = one.size === other.size ? movedRanges(one, other) : [];
  if (first === undefined) return [];
  const end = Math.min(first.end, first.start + stride);
  return [one, other].flatMap((content) => spansOf(content, first.start, end));
}

/**
 * Yields the byte ranges at different places of the tape, in order: the candidates for differences, found without
 * reading.
 */
export function* movedRanges(before: Content, after: Content): Generator<ByteRange> {
  const common = Math.min(before.size, after.size);
  for (const [start, end] of changedRanges(before, after)) {
    const stop = Math.min(end, common);
    if (start < stop) yield* movedWithin(before, after, start, stop);
  }
}

function* differingBytes(
  before: Content,
  after: Content,
  readTape: ReadTape,
): Generator<ByteRange> {
  for (const range of movedRanges(before, after)) {
    for (let at = range.start; at < range.end; at += stride) {
      const length = Math.min(stride, range.end - at);
      const left = readContent(before, at, length, readTape);
      const right = readContent(after, at, length, readTape);
      yield* unequal(left, right, at);
    }
  }
  const common = Math.min(before.size, after.size);
  const longest = Math.max(before.size, after.size);
  if (common < longest) yield { start: common, end: longest };
}

function* unequal(left: Uint8Array, right: Uint8Array, base: number): Generator<ByteRange> {
  for (let at = 0; at < left.length;) {
    if (left[at] === right[at]) {
      at += 1;
      continue;
    }
    const start = at;
    while (at < left.length && left[at] !== right[at]) at += 1;
    yield { start: base + start, end: base + at };
  }
}

/** Walks the extents of both side by side. */
function* movedWithin(
  before: Content,
  after: Content,
  start: number,
  end: number,
): Generator<ByteRange> {
  const left = extentsOf(before, start, end);
  const right = extentsOf(after, start, end);
  let one = left.next();
  let other = right.next();
  for (let at = start; at < end && one.done !== true && other.done !== true;) {
    const stop = Math.min(endOf(one.value), endOf(other.value), end);
    if (placeAt(one.value, at) !== placeAt(other.value, at)) yield { start: at, end: stop };
    at = stop;
    if (endOf(one.value) <= at) one = left.next();
    if (endOf(other.value) <= at) other = right.next();
  }
}

function endOf({ offset, length }: Extent): number {
  return offset + length;
}

function placeAt({ offset, tape }: Extent, at: number): number {
  return tape === "hole" ? -1 : tape + (at - offset);
}
