import { type Printable, pad, truncateEnd, widthOf, words, phrase } from "../../src/text/index.ts";
import type { Glyphs } from "./glyphs.ts";
import { type Codes, type Role, type Theme, plain } from "./theme.ts";

/** A piece of a line. It takes only `Printable`: guest text cannot reach the terminal in any other way. */
export interface Span {
  readonly text: Printable;
  readonly role: Role;
}

export type Line = readonly Span[];

export const space = words(" ");
export const blank: Line = [];

export function span(text: Printable, role: Role = "plain"): Span {
  return { text, role };
}

const escape = /(\\(?:[\\nrt]|x[0-9a-f]{2}|u\{[0-9a-f]{1,6}\}))/;

/** Splits visible text so that its escapes are dimmed: an escape differs from text that spells one. */
export function guestSpans(text: Printable, role: Role = "plain"): Line {
  if (!text.includes("\\")) return [span(text, role)];
  return text
    .split(escape)
    .map((part, index) => span(part as Printable, index % 2 === 1 ? "dim" : role))
    .filter((part) => part.text !== "");
}

export function lineWidth(line: Line): number {
  let width = 0;
  for (const { text } of line) width += widthOf(text);
  return width;
}

/** Cuts a line at the end, or fills it with spaces: exactly `width` cells. */
export function fit(line: Line, width: number, { cut }: Pick<Glyphs, "cut">): Line {
  const missing = width - lineWidth(line);
  if (missing === 0) return line;
  if (missing > 0) return [...line, span(spaces(missing))];
  const fitted: Span[] = [];
  let left = width;
  for (const part of line) {
    const needed = widthOf(part.text);
    if (needed < left) {
      fitted.push(part);
      left -= needed;
      continue;
    }
    // The text is cut off here: the mark goes to the very end.
    const text = truncateEnd(phrase`${part.text}  `, left, cut);
    fitted.push({ ...part, text });
    left -= widthOf(text);
    break;
  }
  return left > 0 ? [...fitted, span(spaces(left))] : fitted;
}

export function spaces(count: number): Printable {
  return pad(words(""), count);
}

/** Puts `left` at the left and `right` at the right edge; if both do not fit, `right` is dropped first. */
export function spread(left: Line, right: Line, width: number, glyphs: Pick<Glyphs, "cut">): Line {
  const room = width - lineWidth(right);
  if (room < Math.min(lineWidth(left), 8) + 1) return fit(left, width, glyphs);
  return [...fit(left, room - 1, glyphs), span(space), ...right];
}

/** Gives every piece the same role, as in the row under the cursor. */
export function recolored(line: Line, role: Role): Line {
  return line.map(({ text }) => ({ text, role }));
}

/**
 * Returns the line with the terminal's codes. Neighbours of one role share codes, and codes are turned off one by one
 * as Ink does: it parses such a line only once.
 */
export function paint(line: Line, theme: Theme): string {
  let painted = "";
  let open: Codes = plain;
  for (const { text, role } of line) {
    if (text === "") continue;
    const codes = theme(role);
    if (codes !== open) painted += open.end + codes.start;
    open = codes;
    painted += text;
  }
  return painted + open.end;
}
