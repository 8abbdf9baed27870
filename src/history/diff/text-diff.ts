import { type Content, type Inode, emptyContent, readContent, spansOf } from "../../fs/index.ts";
import { type ByteRange, changedBytes } from "./changed-bytes.ts";
import { isReadable, unlessUnread } from "./unread.ts";
import type { Hunk, HunkPart } from "../lines/hunks.ts";
import { diffLines } from "../lines/diff.ts";
import type { ReadTape } from "../snapshots/read-tape.ts";
import {
  type Encoding,
  type TextLines,
  encodingOf,
  isBinary,
  sampleBytes,
  splitLines,
} from "../lines/text-lines.ts";

/** The difference of two contents. `why` gives the reason if they are not compared line by line. */
export type ContentDiff =
  | {
      readonly kind: "text";
      readonly hunks: readonly Hunk[];
      /** The lines of each hunk as parts of both texts. @internal */
      readonly parts: readonly (readonly HunkPart[])[];
      readonly added: number;
      readonly removed: number;
      /** The encoding of each side. */
      readonly encodings: readonly [Encoding, Encoding];
    }
  | {
      readonly kind: "bytes";
      readonly ranges: readonly ByteRange[];
      /** Tells whether there are more differences than `ranges`. */
      readonly more: boolean;
      readonly why: "binary" | "large";
    }
  | { readonly kind: "target"; readonly before: string; readonly after: string }
  /** Bytes of one side were promised and never read, and the host no longer has them. */
  | { readonly kind: "unread"; readonly side: "before" | "after" }
  | { readonly kind: "none" };

/** Bounds for comparing texts line by line; of a larger text only the changed ranges are given. */
export interface DiffBudget {
  /** The most bytes of either side. */
  readonly bytes: number;
  /** The most lines of either side. */
  readonly lines: number;
  /** The lines to show around a change. */
  readonly context: number;
  /** The most changed ranges to return. */
  readonly ranges: number;
}

export const diffBudget: DiffBudget = {
  bytes: 32 * 1024 * 1024,
  lines: 1_000_000,
  context: 3,
  ranges: 1_000,
};

/**
 * Compares the content of a path; absent content counts as empty. The answer depends on the contents and the budget
 * alone.
 */
export function diffContent(
  before: Inode | undefined,
  after: Inode | undefined,
  readTape: ReadTape,
  budget: Partial<DiffBudget> = {},
): ContentDiff {
  const limits = { ...diffBudget, ...budget };
  const left = before?.type === "file" ? before.content : undefined;
  const right = after?.type === "file" ? after.content : undefined;
  if (left === undefined && right === undefined) {
    const [was, is] = [targetOf(before), targetOf(after)];
    return was === is ? { kind: "none" } : { kind: "target", before: was, after: is };
  }
  const found = unlessUnread(
    () => compare(left ?? nothing, right ?? nothing, readTape, limits),
    undefined,
  );
  if (found !== undefined) return found;
  const isBefore = left !== undefined && !isReadable(left, readTape);
  return { kind: "unread", side: isBefore ? "before" : "after" };
}

const nothing: Content = emptyContent();

function targetOf(inode: Inode | undefined): string {
  return inode?.type === "symlink" ? inode.target : "";
}

function compare(
  before: Content,
  after: Content,
  readTape: ReadTape,
  budget: DiffBudget,
): ContentDiff {
  const sides = [before, after];
  const mostRead = sides.some(({ size }) => size > budget.bytes) ? sampleBytes : budget.bytes;
  readTape.expect?.(
    sides.flatMap((content) => [...spansOf(content, 0, Math.min(content.size, mostRead))]),
  );
  if (sides.some((content) => isBinary(readContent(content, 0, sampleBytes, readTape))))
    return byteDiff(before, after, readTape, budget, "binary");
  if (sides.some(({ size }) => size > budget.bytes))
    return byteDiff(before, after, readTape, budget, "large");
  const left = readContent(before, 0, before.size, readTape);
  const right = readContent(after, 0, after.size, readTape);
  const encodings = encodingsOf(left, right);
  if (encodings === undefined) return byteDiff(before, after, readTape, budget, "binary");
  if (hasMoreLines(left, budget.lines) || hasMoreLines(right, budget.lines))
    return byteDiff(before, after, readTape, budget, "large");

  const [one, other] = splitBoth(left, right, encodings);
  const lines = diffLines(one, other, { context: budget.context, kind: likeness(encodings) });
  return lines.hunks.length === 0 ? { kind: "none" } : { kind: "text", ...lines, encodings };
}

/** An empty side takes the other side's encoding. */
function encodingsOf(
  left: Uint8Array,
  right: Uint8Array,
): readonly [Encoding, Encoding] | undefined {
  const [one, other] = [encodingOf(left), encodingOf(right)];
  if (one === undefined || other === undefined) return undefined;
  return [left.length === 0 ? other : one, right.length === 0 ? one : other];
}

/** Lines that are not UTF-8 are compared as bytes, so that equal bytes are equal lines. */
function splitBoth(
  left: Uint8Array,
  right: Uint8Array,
  [one, other]: readonly [Encoding, Encoding],
): readonly [TextLines, TextLines] {
  const asBytes = one !== other && [one, other].includes("latin-1");
  const as = (encoding: Encoding): Encoding =>
    asBytes && encoding === "utf-8" ? "latin-1" : encoding;
  return [splitLines(left, as(one)), splitLines(right, as(other))];
}

/** A text in UTF-16 has no line in common with other encodings, because no bytes are equal. */
function likeness([one, other]: readonly [Encoding, Encoding]): "alike" | "unlike" {
  const isWide = [one, other].some((encoding) => encoding.startsWith("utf-16"));
  return one === other || !isWide ? "alike" : "unlike";
}

function byteDiff(
  before: Content,
  after: Content,
  readTape: ReadTape,
  budget: DiffBudget,
  why: "binary" | "large",
): ContentDiff {
  const ranges: ByteRange[] = [];
  for (const range of changedBytes(before, after, readTape)) {
    if (ranges.length >= budget.ranges) return { kind: "bytes", ranges, more: true, why };
    ranges.push(range);
  }
  return ranges.length === 0 ? { kind: "none" } : { kind: "bytes", ranges, more: false, why };
}

function hasMoreLines(bytes: Uint8Array, most: number): boolean {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    count += 1;
    if (count > most) return true;
  }
  return false;
}

/** Up to 16 bytes of both sides of a changed range; a side that ends earlier is shorter. */
export interface HexRow {
  readonly offset: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Yields the rows of a hex dump that changed ranges touch, aligned to 16 bytes, each row once. */
export function* hexRows(
  before: Inode | undefined,
  after: Inode | undefined,
  ranges: Iterable<ByteRange>,
  readTape: ReadTape,
): Generator<HexRow> {
  const left = before?.type === "file" ? before.content : nothing;
  const right = after?.type === "file" ? after.content : nothing;
  let done = 0;
  for (const { start, end } of ranges) {
    for (let at = Math.max(done, start - (start % 16)); at < end; at += 16) {
      yield {
        offset: at,
        before: readContent(left, at, 16, readTape),
        after: readContent(right, at, 16, readTape),
      };
      done = at + 16;
    }
  }
}
