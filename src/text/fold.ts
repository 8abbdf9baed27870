import { withoutColors } from "./color.ts";
import type { Shown, Styled } from "./line.ts";
import type { Printable } from "./printable.ts";
import { truncateFront, widthOf } from "./width.ts";

/** The place of a line on the terminal. */
export interface FoldOptions {
  /** Cells in a row of the terminal. */
  readonly columns: number;
  /** Cells of the first row that are taken already. */
  readonly used?: number;
  /** Begins each further row. */
  readonly under: Shown;
}

/**
 * Cuts a line into rows that fit a terminal, so that no name is broken: between fields if that is enough, then behind
 * a slash, then between words. A name that is longer than a row stays whole, and the terminal breaks it.
 */
export function folded(text: Shown, { columns, used = 0, under }: FoldOptions): Styled[] {
  const most = columns - cells(under);
  const start = used % columns;
  if (text === "" || start + cells(text) <= columns || most < leastRoom) return [text as Styled];
  const rows: string[] = [];
  let row: string = "";
  let room = columns - start;
  let isFresh = start === 0;
  const add = (part: string, level: number): void => {
    const cut = cuts[level];
    const width = cells(part.trimEnd());
    if (width <= room || (isFresh && cut === undefined)) {
      row += part;
      room -= cells(part);
      isFresh = false;
    } else if (!isFresh && (width <= most || cut === undefined)) {
      rows.push(row.trimEnd());
      row = under;
      room = most;
      isFresh = true;
      add(part, level);
    } else {
      for (const piece of part.split(cut ?? /(?!)/)) add(piece, level + 1);
    }
  };
  for (const piece of text.split(cuts[0])) add(piece, 1);
  return [...rows, row.trimEnd()] as Styled[];
}

/** A narrower terminal is no place to fold lines for. */
const leastRoom = 16;
/** Places to cut at: behind the space between fields, before an arrow, behind a slash within a name, behind a word. */
const cuts = [
  /(?<=\S {2,})(?=\S)|(?<= )(?=(?:→|->) )|(?<=: )/u,
  /(?<=\/)(?=[^/])/u,
  /(?<=\S )/u,
] as const;

function cells(text: string): number {
  return widthOf(withoutColors(text as Styled));
}

/**
 * Returns a path in at most `columns` cells: its last names behind a mark, if it is too long. Undefined if not even the
 * last name fits.
 */
export function shortenedPath(
  path: Printable,
  columns: number,
  cut: Printable,
): Printable | undefined {
  if (widthOf(path) <= columns) return path;
  for (let at = path.indexOf("/", 1); at !== -1; at = path.indexOf("/", at + 1)) {
    const short = `${cut}${path.slice(at)}` as Printable;
    if (widthOf(short) <= columns) return short === `${cut}/` ? undefined : short;
  }
  return undefined;
}

/** Returns a path in at most `columns` cells, within a name if there is no other way. */
export function cutPath(path: Printable, columns: number, cut: Printable): Printable {
  return shortenedPath(path, columns, cut) ?? truncateFront(path, columns, cut);
}
