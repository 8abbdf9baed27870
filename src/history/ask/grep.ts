import type { Ino } from "../../../journal/index.ts";
import { type Content, type File, type Tree, readContent, spansOf } from "../../fs/index.ts";
import {
  decodeLine,
  encodingOf,
  lineEnds,
  markedEncoding,
  sampleBytes,
} from "../lines/text-lines.ts";
import { isReadable } from "../diff/unread.ts";
import { Budget } from "../view/budget.ts";
import { expecting } from "../view/expecting.ts";
import type { ReadTape } from "../snapshots/read-tape.ts";
import { type Visit, lookup, walk } from "../view/view.ts";

/**
 * A fixed text, or a regular expression that is tested on each line. One of JavaScript can take exponential time on a
 * line, and cannot be stopped: `boundedExpression` of `src/host` makes one that ends.
 */
export type Pattern = string | RegExp | LineExpression;

/** An expression that is tested on several lines at once. */
export interface LineExpression {
  readonly source: string;
  readonly flags: string;
  /** Returns the indexes of the texts that match, ascending. An error names `path`, the file that they are of. */
  matching(texts: readonly string[], path: string): readonly number[];
}

/** A line that matches. */
export interface LineMatch {
  readonly path: string;
  readonly ino: Ino;
  readonly kind: "line";
  /** Counted from 1. */
  readonly line: number;
  /** Byte offset of the line in the file. */
  readonly start: number;
  /** The line without its newline, cut after `longestLine` bytes. */
  readonly text: string;
}

/** A binary file that matches. */
export interface BinaryMatch {
  readonly path: string;
  readonly ino: Ino;
  readonly kind: "binary";
}

/** One result of a search. */
export type Match = LineMatch | BinaryMatch;

/** A longer line counts as several lines of at most so many bytes. */
export const longestLine = 64 * 1024;

/**
 * Yields every match at and below a path of one state, in the order of a walk; of a binary file only the first. Throws
 * BudgetError. Calls `onUnread` for each file whose bytes were promised, and cannot be had.
 */
export function* grep(
  tree: Tree,
  path: string,
  pattern: Pattern,
  readTape: ReadTape,
  budget = new Budget("the search"),
  onUnread: (path: string) => void = () => {},
): Generator<Match> {
  const top = lookup(tree, path, "follow");
  if (top === undefined) return;
  const matches = linesMatcher(pattern);
  const visits = walk(tree, top, path, { budget });
  const spans = ({ inode }: Visit) => (inode.type === "file" ? spansOf(inode.content) : []);
  for (const visit of expecting(visits, readTape, spans)) {
    if (visit.inode.type !== "file") continue;
    const { size, mapped } = visit.inode.content;
    budget.bytes(mapped);
    budget.zeros(size - mapped);
    if (isReadable(visit.inode.content, readTape))
      yield* grepFile(visit, visit.inode, matches, readTape);
    else onUnread(visit.path);
  }
}

/** Returns which of some lines match, in order, and their texts. */
export type LinesMatcher = (
  lines: readonly Line[],
  path: string,
) => readonly { readonly index: number; readonly text: string }[];

/** Makes a function that finds the lines that match. */
export function linesMatcher(pattern: Pattern): LinesMatcher {
  const matching = matchingTexts(pattern);
  const needed = neededBytes(pattern);
  return (lines, path) => {
    const some: { readonly index: number; readonly text: string }[] = [];
    for (const [index, { bytes, text }] of lines.entries())
      // Bytes are found in a tenth of the time in which a text is made of them.
      if (text !== undefined || needed === undefined || hasBytes(bytes, needed))
        some.push({ index, text: text ?? decodeLine(bytes) });
    const found =
      some.length === 0
        ? []
        : matching(
            some.map(({ text }) => text),
            path,
          );
    return found.flatMap((at) => some[at] ?? []);
  };
}

/**
 * Returns the bytes that each line has that matches, whatever its encoding: those of a pattern of ASCII characters that
 * stand for themselves.
 */
function neededBytes(pattern: Pattern): Uint8Array | undefined {
  const isPlain =
    typeof pattern === "string"
      ? /^[\0-\x7f]+$/.test(pattern)
      : /^[\w ,:;=<>@#%&!~"'-]+$/.test(pattern.source) && !/[iv]/.test(pattern.flags);
  if (!isPlain) return undefined;
  return new TextEncoder().encode(typeof pattern === "string" ? pattern : pattern.source);
}

/** Tells if some bytes stand in a line. They are one at least. */
function hasBytes(line: Uint8Array, wanted: Uint8Array): boolean {
  const first = wanted[0] ?? 0;
  const last = line.length - wanted.length;
  for (let at = line.indexOf(first); at >= 0 && at <= last; at = line.indexOf(first, at + 1)) {
    let same = 1;
    while (same < wanted.length && line[at + same] === wanted[same]) same += 1;
    if (same === wanted.length) return true;
  }
  return false;
}

/** Returns a function that returns the indexes of the texts that match. */
function matchingTexts(pattern: Pattern): LineExpression["matching"] {
  if (typeof pattern !== "string" && !(pattern instanceof RegExp))
    return (texts, path) => pattern.matching(texts, path);
  // A global or sticky expression would remember where it stopped.
  const expression =
    typeof pattern === "string"
      ? pattern
      : new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  const matches = (text: string): boolean =>
    typeof expression === "string" ? text.includes(expression) : expression.test(text);
  return (texts) => texts.flatMap((text, index) => (matches(text) ? [index] : []));
}

function* grepFile(
  { path }: Visit,
  { ino, content }: File,
  matches: LinesMatcher,
  readTape: ReadTape,
): Generator<Match> {
  const isWide = markedEncoding(readContent(content, 0, sampleBytes, readTape)) !== undefined;
  const wide = isWide ? wideLines(content, readTape) : undefined;
  const lines = wide ?? linesOf(content, 0, content.size, readTape);
  let before = 0;
  let isBinary = false;
  for (const some of inBatches(lines)) {
    const isNul = ({ bytes, text }: Line): boolean => text === undefined && bytes.includes(0);
    const firstNul: number = isBinary ? 0 : some.findIndex(isNul);
    for (const { index, text } of matches(some, path)) {
      if (firstNul >= 0 && index >= firstNul) {
        yield { path, ino, kind: "binary" };
        return;
      }
      const start = some[index]?.start ?? 0;
      yield { path, ino, kind: "line", line: before + index + 1, start, text };
    }
    isBinary ||= firstNul >= 0;
    before += some.length;
  }
}

/** Bytes of lines that are tested at once. */
const together = 64 * 1024;

/** Yields lines, several at a time. */
export function* inBatches(lines: Iterable<Line>): Generator<readonly Line[]> {
  let some: Line[] = [];
  let bytes = 0;
  for (const line of lines) {
    some.push(line);
    bytes += line.bytes.length;
    if (bytes < together) continue;
    yield some;
    [some, bytes] = [[], 0];
  }
  if (some.length > 0) yield some;
}

/** The most bytes of a text in UTF-16 to search by lines. */
const mostWide = 32 * 1024 * 1024;

/** Returns the lines of a text in UTF-16; undefined if it is none or too large. */
function wideLines(content: Content, readTape: ReadTape): Line[] | undefined {
  if (content.size > mostWide) return undefined;
  const bytes = readContent(content, 0, content.size, readTape);
  const encoding = encodingOf(bytes);
  if (encoding === undefined || !encoding.startsWith("utf-16")) return undefined;
  let start = 0;
  return lineEnds(bytes, encoding).map((end) => {
    const line = bytes.subarray(start, end);
    const text = decodeLine(line, encoding).replace(/\n$/, "");
    const found = { start, bytes: line, text: start === 0 ? text.slice(1) : text };
    start = end;
    return found;
  });
}

/** A line's bytes without its newline, and its offset. */
export interface Line {
  readonly start: number;
  readonly bytes: Uint8Array;
  /** Its text, where the bytes are not UTF-8. */
  readonly text?: string;
}

const chunk = 256 * 1024;
/**
 * The bytes to read first beyond the wanted ones: most lines end soon, and bytes that are near in a file may be far
 * apart on the tape.
 */
const peek = 512;

/**
 * Yields the lines from `start`, where one begins, to the one that reaches `end`. Holds a chunk and a line in memory.
 */
export function* linesOf(
  content: Content,
  start: number,
  end: number,
  readTape: ReadTape,
): Generator<Line> {
  let rest = new Uint8Array(0);
  let lineStart = start;
  let length = Math.min(chunk, end - start + peek);
  for (let at = start; at < content.size;) {
    const bytes = readContent(content, at, length, readTape);
    at += bytes.length;
    length = Math.min(chunk, 2 * length);
    let buffer = rest.length === 0 ? bytes : concat(rest, bytes);
    let from = 0;
    for (;;) {
      const newline = buffer.indexOf(10, from);
      const isWhole = newline >= 0 && newline - from <= longestLine;
      if (!isWhole && buffer.length - from <= longestLine) break;
      const stop = isWhole ? newline : from + longestLine;
      yield { start: lineStart, bytes: buffer.subarray(from, stop) };
      const next = isWhole ? stop + 1 : stop;
      lineStart += next - from;
      from = next;
      if (lineStart >= end) return;
    }
    buffer = buffer.subarray(from);
    rest = Uint8Array.from(buffer);
  }
  if (rest.length > 0) yield { start: lineStart, bytes: rest };
}

/** Returns the start of the line with the byte before `offset`; looks back no further than the longest line. */
export function lineStart(content: Content, offset: number, readTape: ReadTape): number {
  const floor = Math.max(0, offset - longestLine);
  let length = peek;
  for (let stop = offset; stop > floor;) {
    const start = Math.max(floor, stop - length);
    const bytes = readContent(content, start, stop - start, readTape);
    const newline = bytes.lastIndexOf(10);
    if (newline >= 0) return start + newline + 1;
    stop = start;
    length = Math.min(chunk, 2 * length);
  }
  return floor;
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}
