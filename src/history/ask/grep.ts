import type { Ino } from "../../../journal/index.ts";
import { type Content, type File, type Tree, readContent } from "../../fs/index.ts";
import {
  decodeLine,
  encodingOf,
  lineEnds,
  markedEncoding,
  sampleBytes,
} from "../lines/text-lines.ts";
import { isReadable } from "../diff/unread.ts";
import { Budget } from "../view/budget.ts";
import type { ReadTape } from "../snapshots/read-tape.ts";
import { type Visit, lookup, walk } from "../view/view.ts";

/**
 * A fixed text, or a regular expression that is tested on each line. A JavaScript expression can take exponential time
 * and cannot be stopped: patterns must come from the user and never from a guest.
 */
export type Pattern = string | RegExp;

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
  const matches = { line: lineMatcher(pattern), text: matcher(pattern) };
  for (const visit of walk(tree, top, path, { budget })) {
    if (visit.inode.type !== "file") continue;
    const { size, mapped } = visit.inode.content;
    budget.bytes(mapped);
    budget.zeros(size - mapped);
    if (isReadable(visit.inode.content, readTape))
      yield* grepFile(visit, visit.inode, matches, readTape);
    else onUnread(visit.path);
  }
}

/** Returns a function that returns the text of a line that matches, and undefined for others. */
export function lineMatcher(pattern: Pattern): (line: Uint8Array) => string | undefined {
  const matches = matcher(pattern);
  const needed = neededBytes(pattern);
  return (line) => {
    // Bytes are found in a tenth of the time in which a text is made of them.
    if (needed !== undefined && !hasBytes(line, needed)) return undefined;
    const text = decodeLine(line);
    return matches(text) ? text : undefined;
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

/** Returns a function that tells whether a line matches. */
function matcher(pattern: Pattern): (line: string) => boolean {
  if (typeof pattern === "string") return (line) => line.includes(pattern);
  // A global or sticky expression would remember where it stopped.
  const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  return (line) => expression.test(line);
}

function* grepFile(
  { path }: Visit,
  { ino, content }: File,
  matches: {
    readonly line: (line: Uint8Array) => string | undefined;
    readonly text: (line: string) => boolean;
  },
  readTape: ReadTape,
): Generator<Match> {
  if (markedEncoding(readContent(content, 0, sampleBytes, readTape)) !== undefined) {
    const found = wideLines(content, readTape);
    if (found !== undefined) {
      for (const [index, { start, text }] of found.entries())
        if (matches.text(text)) yield { path, ino, kind: "line", line: index + 1, start, text };
      return;
    }
  }
  let line = 0;
  let isBinary = false;
  for (const { start, bytes } of linesOf(content, 0, content.size, readTape)) {
    line += 1;
    isBinary ||= bytes.includes(0);
    const text = matches.line(bytes);
    if (text === undefined) continue;
    if (isBinary) {
      yield { path, ino, kind: "binary" };
      return;
    }
    yield { path, ino, kind: "line", line, start, text };
  }
}

/** The most bytes of a text in UTF-16 to search by lines. */
const mostWide = 32 * 1024 * 1024;

/** Returns the lines of a text in UTF-16; undefined if it is none or too large. */
function wideLines(
  content: Content,
  readTape: ReadTape,
): { readonly start: number; readonly text: string }[] | undefined {
  if (content.size > mostWide) return undefined;
  const bytes = readContent(content, 0, content.size, readTape);
  const encoding = encodingOf(bytes);
  if (encoding === undefined || !encoding.startsWith("utf-16")) return undefined;
  let start = 0;
  return lineEnds(bytes, encoding).map((end) => {
    const text = decodeLine(bytes.subarray(start, end), encoding).replace(/\n$/, "");
    const line = { start, text: start === 0 ? text.slice(1) : text };
    start = end;
    return line;
  });
}

/** A line's bytes without its newline, and its offset. */
export interface Line {
  readonly start: number;
  readonly bytes: Uint8Array;
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
