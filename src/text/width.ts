import { graphemesOf } from "./graphemes.ts";
import type { Printable } from "./printable.ts";
import { stringWidth } from "./string-width.ts";

/** Matches text each of whose characters is one cell wide: ASCII, Latin letters, arrows, lines of boxes, our own signs. */
const narrow = /^[ -~\u00ae-\u02ff\u2010-\u2027\u2190-\u22ff\u2500-\u259f]*$/;
/** Matches an escape of `printable`, which is never cut in two, nor is a grapheme. */
const escape = /^\\(?:[\\nrt]|x[0-9a-f]{2}|u\{[0-9a-f]{1,6}\})/;

/** Returns the cells that the text takes on a terminal. */
export function widthOf(text: Printable): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

/** Returns the beginning of the text, in at most `columns` cells; a mark at the end shows a cut. */
export function truncateEnd(text: Printable, columns: number, cut = "…"): Printable {
  return truncate(text, columns, cut, "end");
}

/** Returns the end of the text, in at most `columns` cells; a mark at the beginning shows a cut. */
export function truncateFront(text: Printable, columns: number, cut = "…"): Printable {
  return truncate(text, columns, cut, "front");
}

/** Pads with spaces; leaves a wider text as it is. */
export function pad(text: Printable, columns: number, side: "left" | "right" = "left"): Printable {
  const spaces = " ".repeat(Math.max(0, columns - widthOf(text)));
  return (side === "left" ? text + spaces : spaces + text) as Printable;
}

function truncate(text: Printable, columns: number, cut: string, from: "end" | "front"): Printable {
  if (widthOf(text) <= columns) return text;
  const room = columns - widthOf(cut as Printable);
  if (room < 0) return "" as Printable;
  const units = from === "end" ? unitsOf(text) : unitsOf(text).reverse();
  const kept: string[] = [];
  let width = 0;
  for (const unit of units) {
    width += widthOf(unit as Printable);
    if (width > room) break;
    kept.push(unit);
  }
  return (from === "end" ? kept.join("") + cut : cut + kept.reverse().join("")) as Printable;
}

function unitsOf(text: Printable): string[] {
  const units: string[] = [];
  let skip = 0;
  for (const { segment, index } of graphemesOf(text)) {
    if (index < skip) continue;
    const whole = segment === "\\" ? escape.exec(text.slice(index, index + 12))?.[0] : undefined;
    units.push(whole ?? segment);
    skip = index + (whole ?? segment).length;
  }
  return units;
}
