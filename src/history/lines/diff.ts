import { type Hunk, hunksOf } from "./hunks.ts";
import { type LineChanges, changedLines } from "./changes.ts";
import type { TextLines } from "./text-lines.ts";

/** The difference of two texts by lines; no hunks if they are equal. */
export interface LineDiff {
  readonly hunks: readonly Hunk[];
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
  return { hunks: hunksOf(before, after, changes, context), added, removed };
}

function compare(before: TextLines, after: TextLines): LineChanges {
  const numbers = new Map<string, number>();
  const [left, right] = [numbered(before, numbers), numbered(after, numbers)];
  return changedLines(left, right, numbers.size);
}

function allOf(before: TextLines, after: TextLines): LineChanges {
  return {
    removed: new Uint8Array(before.count).fill(1),
    added: new Uint8Array(after.count).fill(1),
  };
}

/** Numbers the lines, with the same number for equal lines. */
function numbered(lines: TextLines, numbers: Map<string, number>): Int32Array {
  const result = new Int32Array(lines.count);
  for (let index = 0; index < lines.count; index += 1) {
    const isCut = index === lines.count - 1 && !lines.endsInNewline;
    // No other line contains a newline.
    const key = isCut ? `${lines.key(index)}\n` : lines.key(index);
    let number = numbers.get(key);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(key, number);
    }
    result[index] = number;
  }
  return result;
}

function countOf(changed: Uint8Array): number {
  let count = 0;
  for (const one of changed) count += one;
  return count;
}
