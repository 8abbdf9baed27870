import { type Hunk, type HunkPart, hunksOf } from "./hunks.ts";
import { type LineChanges, changedLines } from "./changes.ts";
import { numberLines } from "./line-numbers.ts";
import type { TextLines } from "./text-lines.ts";

/** The difference of two texts by lines; no hunks if they are equal. */
export interface LineDiff {
  readonly hunks: readonly Hunk[];
  /** The lines of each hunk as parts of both texts. */
  readonly parts: readonly (readonly HunkPart[])[];
  readonly added: number;
  readonly removed: number;
}

export interface LineDiffOptions {
  /** The number of lines to show around a change. */
  readonly context: number;
  /** "unlike": no line counts as equal to another, because their bytes are not. */
  readonly kind?: "alike" | "unlike";
}

/** Compares two texts line by line. */
export function diffLines(
  before: TextLines,
  after: TextLines,
  { context, kind = "alike" }: LineDiffOptions,
): LineDiff {
  const changes = kind === "alike" ? compare(before, after) : allOf(before, after);
  const [removed, added] = [countOf(changes.removed), countOf(changes.added)];
  return { ...hunksOf(before, after, changes, context), added, removed };
}

function compare(before: TextLines, after: TextLines): LineChanges {
  const { left, right, distinct } = numberLines(before, after);
  return changedLines(left, right, distinct);
}

function allOf(before: TextLines, after: TextLines): LineChanges {
  return {
    removed: new Uint8Array(before.count).fill(1),
    added: new Uint8Array(after.count).fill(1),
  };
}

function countOf(changed: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < changed.length; at += 1) count += changed[at] ?? 0;
  return count;
}
