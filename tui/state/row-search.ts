import type { Rows } from "../draw/rows.ts";

/** Rows read between two pauses: a few milliseconds. */
const slice = 500;
/** Matches that are kept. */
const most = 100_000;

interface Progress {
  readonly scanned: number;
  readonly total: number;
  readonly isDone: boolean;
  /** Rows that match. */
  readonly lines?: readonly number[];
}

/** Finds all rows with a text, which is a part of what they show; a slice each time it is resumed. */
export function* searchRows(rows: Rows, text: string): Generator<Progress, Progress> {
  const matches = rowMatcher(text);
  const lines: number[] = [];
  // Of a large text more rows become known meanwhile.
  for (let row = 0; row < rows.count && lines.length < most; row += 1) {
    if (matches(shownIn(rows, row)) !== undefined) lines.push(row);
    if (row % slice === slice - 1) yield { scanned: row, total: rows.count, isDone: false };
  }
  return { scanned: rows.count, total: rows.count, isDone: true, lines };
}

function shownIn(rows: Rows, row: number): string {
  return (
    rows.text?.(row) ??
    rows
      .line(row)
      .map(({ text }) => text)
      .join("")
  );
}

/** Finds where a text stands in another, half-open; undefined if it does not. Case counts only if it has capitals. */
export function rowMatcher(text: string): (line: string) => readonly [number, number] | undefined {
  const isExact = /\p{Lu}/u.test(text);
  return (line) => {
    const start = (isExact ? line : line.toLowerCase()).indexOf(text);
    return start < 0 ? undefined : [start, start + text.length];
  };
}
