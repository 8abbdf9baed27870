import { changedLines } from "../lines/changes.ts";
import { lineEnds, markedEncoding, sampleBytes } from "../lines/text-lines.ts";

/** Bytes at `from` before a save and at `at` after it. */
export interface UnchangedPiece {
  readonly from: number;
  readonly at: number;
  readonly length: number;
}

/**
 * Returns the bytes that a save left alone, in order. By "lines", these are the whole lines of a shortest edit; by
 * "bytes", also the unchanged bytes within changed lines. The same contents give the same result.
 */
export function unchangedPieces(
  before: Buffer,
  after: Buffer,
  by: "lines" | "bytes",
): UnchangedPiece[] {
  const width = widthOf(before, after);
  const start = lineStart(after, commonStart(before, after), width);
  const rest = Math.min(before.length, after.length) - start;
  const end = lineEnd(before, after, commonEnd(before, after, rest), width);
  const unchanged: UnchangedPiece[] = [];
  addPiece(unchanged, { from: 0, at: 0, length: start });
  const left = before.subarray(start, before.length - end);
  const right = after.subarray(start, after.length - end);
  for (const { from, at, length } of unchangedLines(left, right, width))
    addPiece(unchanged, { from: from + start, at: at + start, length });
  addPiece(unchanged, { from: before.length - end, at: after.length - end, length: end });
  return by === "lines" ? unchanged : withinLines(before, after, unchanged);
}

/** Adds a piece, and joins it to the last one if it continues it. */
export function addPiece(unchanged: UnchangedPiece[], piece: UnchangedPiece): void {
  const last = unchanged.at(-1);
  if (piece.length === 0) return;
  const isNext =
    last?.from !== undefined &&
    last.from + last.length === piece.from &&
    last.at + last.length === piece.at;
  if (last !== undefined && isNext)
    unchanged[unchanged.length - 1] = { ...last, length: last.length + piece.length };
  else unchanged.push(piece);
}

/** The width of a newline in bytes, and its byte order. */
type Width = "utf-8" | "utf-16le" | "utf-16be";

function widthOf(before: Buffer, after: Buffer): Width {
  const [one, other] = [before, after].map((bytes) =>
    markedEncoding(bytes.subarray(0, sampleBytes)),
  );
  return one === other && one !== undefined ? one : "utf-8";
}

/** Counts the equal bytes at the start of both. */
function commonStart(before: Buffer, after: Buffer): number {
  const most = Math.min(before.length, after.length);
  let at = 0;
  for (const stride of [65_536, 4_096, 256]) {
    while (at + stride <= most && before.compare(after, at, at + stride, at, at + stride) === 0)
      at += stride;
  }
  while (at < most && before[at] === after[at]) at += 1;
  return at;
}

/** Counts the equal bytes at the end of both, up to a limit. */
function commonEnd(before: Buffer, after: Buffer, most: number): number {
  const [left, right] = [before.length, after.length];
  let count = 0;
  for (const stride of [65_536, 4_096, 256]) {
    const isSame = () => {
      const stop = count + stride;
      return before.compare(after, right - stop, right - count, left - stop, left - count) === 0;
    };
    while (count + stride <= most && isSame()) count += stride;
  }
  while (count < most && before[left - count - 1] === after[right - count - 1]) count += 1;
  return count;
}

/** Returns the start of the line that a place is in. */
function lineStart(bytes: Buffer, place: number, width: Width): number {
  if (width !== "utf-8") return lastEnd(bytes.subarray(0, place), width);
  return place === 0 ? 0 : bytes.lastIndexOf(newline, place - 1) + 1;
}

/** Returns how many of the last `count` bytes, which are equal in both, are whole lines of both. */
function lineEnd(before: Buffer, after: Buffer, count: number, width: Width): number {
  const [left, right] = [before.length - count, after.length - count];
  if (endsLine(before, left, width) && endsLine(after, right, width)) return count;
  for (let at = after.indexOf(newline, right); at >= 0; at = after.indexOf(newline, at + 1)) {
    const end = width === "utf-16le" ? at + 2 : at + 1;
    const place = left + end - right;
    if (end <= after.length && endsLine(after, end, width) && endsLine(before, place, width))
      return after.length - end;
  }
  return 0;
}

/** Tells whether a line ends just before a place. */
function endsLine(bytes: Buffer, place: number, width: Width): boolean {
  if (place === 0) return true;
  if (width === "utf-8") return bytes[place - 1] === newline;
  const [high, low] = width === "utf-16le" ? [place - 1, place - 2] : [place - 2, place - 1];
  return place % 2 === 0 && bytes[low] === newline && bytes[high] === 0;
}

/** Returns the end of the last whole line. */
function lastEnd(bytes: Buffer, width: Width): number {
  for (let at = bytes.lastIndexOf(newline); at >= 0; at = bytes.lastIndexOf(newline, at - 1)) {
    const end = width === "utf-16le" ? at + 2 : at + 1;
    if (end <= bytes.length && endsLine(bytes, end, width)) return end;
    if (at === 0) break;
  }
  return 0;
}

const newline = 0x0a;

/** Returns the lines of a shortest edit that both have. */
function unchangedLines(before: Buffer, after: Buffer, width: Width): UnchangedPiece[] {
  if (before.length === 0 || after.length === 0) return [];
  const numbers = new Map<string, number>();
  const [lefts, rights] = [lineEnds(before, width), lineEnds(after, width)];
  const [left, right] = [numbered(before, lefts, numbers), numbered(after, rights, numbers)];
  const { removed, added } = changedLines(left, right, numbers.size);
  const unchanged: UnchangedPiece[] = [];
  let one = 0;
  for (let other = 0; other < added.length; other += 1) {
    if (added[other] === 1) continue;
    while (removed[one] === 1) one += 1;
    const [from, at] = [lefts[one - 1] ?? 0, rights[other - 1] ?? 0];
    addPiece(unchanged, { from, at, length: (rights[other] ?? at) - at });
    one += 1;
  }
  return unchanged;
}

/** Numbers lines, newlines included, with the same number for equal lines. */
function numbered(
  bytes: Buffer,
  ends: readonly number[],
  numbers: Map<string, number>,
): Int32Array {
  const result = new Int32Array(ends.length);
  let start = 0;
  for (const [index, end] of ends.entries()) {
    const key = bytes.toString("latin1", start, end);
    let number = numbers.get(key);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(key, number);
    }
    result[index] = number;
    start = end;
  }
  return result;
}

/** Shorter pieces may be equal by chance, unless they are next to other unchanged bytes. */
const leastBytes = 16;

/**
 * Adds the unchanged bytes between unchanged lines: at either end, and at the same place if both sides have the same
 * length.
 */
function withinLines(
  before: Buffer,
  after: Buffer,
  lines: readonly UnchangedPiece[],
): UnchangedPiece[] {
  const unchanged: UnchangedPiece[] = [];
  let [from, at] = [0, 0];
  for (const line of [...lines, { from: before.length, at: after.length, length: 0 }]) {
    const [left, right] = [before.subarray(from, line.from), after.subarray(at, line.at)];
    const place = { from, at };
    for (const piece of unchangedWithin(left, right))
      addPiece(unchanged, {
        from: place.from + piece.from,
        at: place.at + piece.at,
        length: piece.length,
      });
    addPiece(unchanged, line);
    [from, at] = [line.from + line.length, line.at + line.length];
  }
  return unchanged;
}

function unchangedWithin(left: Buffer, right: Buffer): UnchangedPiece[] {
  if (left.length === 0 || right.length === 0) return [];
  const start = commonStart(left, right);
  const end = commonEnd(left, right, Math.min(left.length, right.length) - start);
  const unchanged: UnchangedPiece[] = [];
  addPiece(unchanged, { from: 0, at: 0, length: start });
  if (left.length === right.length) {
    const stop = left.length - end;
    for (let at = start; at < stop;) {
      const from = at;
      while (at < stop && left[at] === right[at]) at += 1;
      if (at - from >= leastBytes) addPiece(unchanged, { from, at: from, length: at - from });
      while (at < stop && left[at] !== right[at]) at += 1;
    }
  }
  addPiece(unchanged, { from: left.length - end, at: right.length - end, length: end });
  return unchanged;
}
