import type { Ino, Seq } from "../../journal/index.ts";
import { type Printable, words } from "../../src/text/index.ts";
import { shortPath } from "./cells.ts";
import type { Glyphs } from "./glyphs.ts";
import { type Line, guestSpans } from "./line.ts";

/** Contents of a tab of the main panel. Lines are made when they are drawn: a list may have any number of rows. */
export interface Rows {
  /** Shown above the list without scrolling; always `headerLines` of them. */
  readonly headers: readonly [Line, Line];
  readonly count: number;
  readonly line: (row: number) => Line;
  /** Returns what a row shows of a file, without numbers beside it; by default all of its line counts. */
  readonly text?: (row: number) => string;
  /** Returns where Enter leads from a row. */
  readonly target?: (row: number) => RowTarget | undefined;
  /** Returns the bytes that a row shows. */
  readonly bytes?: (row: number) => RowBytes | undefined;
  /** Describes the list at the bottom edge of the panel: "hunk 1 of 2". */
  readonly footer: (row: number) => Printable;
  /** The row that the reader sees first. */
  readonly start: number;
}

export const headerLines = 2;

export type RowTarget =
  | { readonly kind: "moment"; readonly seq: Seq }
  | { readonly kind: "path"; readonly path: string };

export interface RowBytes {
  readonly ino: Ino;
  readonly start: number;
  readonly end: number;
}

/** Builds a header with a path, which is shortened at its front. */
export function titleOf(path: string, columns: number, { name, cut }: Glyphs): Line {
  return guestSpans(shortPath(name(path), columns, cut), "strong");
}

/** Builds a few lines of words in place of a list. */
export function message(headers: readonly [Line, Line], lines: readonly Line[]): Rows {
  return {
    headers,
    count: lines.length,
    line: (row) => lines[row] ?? [],
    footer: () => words(""),
    start: 0,
  };
}
