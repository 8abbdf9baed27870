import { structuredPatch } from "diff";

import { type Content, type Inode, emptyContent, readContent } from "../fs/index.ts";
import { type ByteRange, changedBytes } from "./changed-bytes.ts";
import type { ReadTape } from "./read-tape.ts";

/** A line of a hunk: in both, taken away, or put in. `text` is without its newline. */
export interface DiffLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
  readonly newline: boolean;
}

/** Lines that changed, with those around them. Line numbers start at 1. */
export interface Hunk {
  readonly beforeStart: number;
  readonly beforeLines: number;
  readonly afterStart: number;
  readonly afterLines: number;
  readonly lines: readonly DiffLine[];
}

/** How two contents differ. `why` says what kept them from being compared line by line. */
export type ContentDiff =
  | {
      readonly kind: "text";
      readonly hunks: readonly Hunk[];
      readonly added: number;
      readonly removed: number;
    }
  | {
      readonly kind: "bytes";
      readonly ranges: readonly ByteRange[];
      /** Whether `ranges` are all there are. */
      readonly more: boolean;
      readonly why: "binary" | "large" | "slow";
    }
  | { readonly kind: "target"; readonly before: string; readonly after: string }
  | { readonly kind: "none" };

/** How much work a line-by-line comparison may be; beyond it changed ranges are given. */
export interface DiffBudget {
  readonly bytes: number;
  readonly lines: number;
  readonly milliseconds: number;
  /** Lines shown around a change. */
  readonly context: number;
  /** Most changed ranges that are given. */
  readonly ranges: number;
}

export const diffBudget: DiffBudget = {
  bytes: 1024 * 1024,
  lines: 20_000,
  milliseconds: 100,
  context: 3,
  ranges: 1_000,
};

/** How the content of a path differs; what is absent counts as empty. */
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
  return compare(left ?? nothing, right ?? nothing, readTape, limits);
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
  if (Math.max(before.size, after.size) > budget.bytes) {
    return byteDiff(
      before,
      after,
      readTape,
      budget,
      isBinary(before, after, readTape) ? "binary" : "large",
    );
  }
  const [left, right] = [textOf(before, readTape), textOf(after, readTape)];
  if (left === undefined || right === undefined) {
    return byteDiff(before, after, readTape, budget, "binary");
  }
  if (left === right) return { kind: "none" };
  if (countLines(left) > budget.lines || countLines(right) > budget.lines) {
    return byteDiff(before, after, readTape, budget, "large");
  }
  const hunks = lineDiff(left, right, budget);
  if (hunks === undefined) return byteDiff(before, after, readTape, budget, "slow");
  const lines = hunks.flatMap((hunk) => hunk.lines);
  return {
    kind: "text",
    hunks,
    added: lines.filter(({ sign }) => sign === "+").length,
    removed: lines.filter(({ sign }) => sign === "-").length,
  };
}

/** The hunks of a unified diff, or undefined when that takes longer than the budget's milliseconds. */
export function lineDiff(before: string, after: string, budget: DiffBudget): Hunk[] | undefined {
  const patch = structuredPatch("", "", before, after, undefined, undefined, {
    context: budget.context,
    timeout: budget.milliseconds,
  });
  return patch?.hunks.map((hunk) => ({
    beforeStart: hunk.oldStart,
    beforeLines: hunk.oldLines,
    afterStart: hunk.newStart,
    afterLines: hunk.newLines,
    lines: linesIn(hunk.lines),
  }));
}

function linesIn(lines: readonly string[]): DiffLine[] {
  const result: DiffLine[] = [];
  for (const [index, line] of lines.entries()) {
    const sign = line[0];
    if (sign !== " " && sign !== "-" && sign !== "+") continue;
    result.push({ sign, text: line.slice(1), newline: lines[index + 1]?.[0] !== "\\" });
  }
  return result;
}

function byteDiff(
  before: Content,
  after: Content,
  readTape: ReadTape,
  budget: DiffBudget,
  why: "binary" | "large" | "slow",
): ContentDiff {
  const ranges: ByteRange[] = [];
  for (const range of changedBytes(before, after, readTape)) {
    if (ranges.length >= budget.ranges) return { kind: "bytes", ranges, more: true, why };
    ranges.push(range);
  }
  return ranges.length === 0 ? { kind: "none" } : { kind: "bytes", ranges, more: false, why };
}

/** The text that a content is, or undefined where it is no UTF-8 or holds a NUL. */
export function textOf(content: Content, readTape: ReadTape): string | undefined {
  return decodeText(readContent(content, 0, content.size, readTape));
}

export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** How much of a large file is looked at to tell whether it is text. */
const sampleBytes = 8_192;

/** Tells text from bytes by their beginning, as most tools do: a NUL says no. */
function isBinary(before: Content, after: Content, readTape: ReadTape): boolean {
  return [before, after].some((content) =>
    readContent(content, 0, sampleBytes, readTape).includes(0),
  );
}

function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** Up to 16 bytes of both sides of a changed range; a side that ends before is shorter. */
export interface HexRow {
  readonly offset: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** The rows of a hex dump that changed ranges touch, aligned to 16 bytes, each row once. */
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
