import { type Printable, phrase, words, repeated } from "../../src/text/index.ts";
import type { Glyphs } from "./glyphs.ts";
import type { Area } from "./layout.ts";
import { type Line, type Span, fit, lineWidth, recolored, span } from "./line.ts";

/** Lines at a place of the screen, none wider than the area. A side of a frame is one line, with breaks in it. */
export interface Block {
  readonly key: string;
  readonly area: Area;
  readonly lines: readonly Line[];
}

/** A panel's contents, without its frame. Rows beyond its height are not drawn. */
export interface PanelText {
  readonly title: Line;
  /** Text at the right of the upper edge, if there is room. */
  readonly corner: Line;
  readonly headers: readonly Line[];
  readonly rows: readonly Line[];
  /** The row under the cursor, counted from the first one on the screen; -1 for none. */
  readonly cursor: number;
  readonly footer: Line;
}

/** Splits a panel into blocks: its rows, and around them the sides of its frame. */
export function framed(
  key: string,
  { title, corner, headers, rows, cursor, footer }: PanelText,
  area: Area,
  hasFocus: boolean,
  glyphs: Glyphs,
): readonly Block[] {
  const { left, top, width, height } = area;
  const border = hasFocus ? glyphs.thick : glyphs.thin;
  const role = hasFocus ? "focused" : "frame";
  const inner = width - 2;
  const marked =
    hasFocus && glyphs.focus !== "" ? [...title, span(phrase` ${glyphs.focus}`)] : title;
  const edgeLine = (left: Line, right: Line, corners: readonly [Printable, Printable]): Line => [
    span(corners[0], role),
    ...edge(left, right, inner, border.horizontal, role, glyphs),
    span(corners[1], role),
  ];
  const side = (place: string, column: number): Block => ({
    key: `${key} ${place}`,
    area: { left: column, top: top + 1, width: 1, height: height - 2 },
    // One text for the whole side: Ink measures each text anew for every frame.
    lines: [[span(`${border.vertical}\n`.repeat(height - 2).trimEnd() as Printable, role)]],
  });
  const line = (place: string, row: number, text: Line): Block => ({
    key: `${key} ${place}`,
    area: { left, top: row, width, height: 1 },
    lines: [text],
  });
  const body = [...headers, ...rows];
  return [
    line("top", top, edgeLine(marked, corner, [border.topLeft, border.topRight])),
    side("left", left),
    {
      key,
      area: { left: left + 1, top: top + 1, width: inner, height: height - 2 },
      lines: Array.from({ length: height - 2 }, (_, row) => {
        const line = fit(body[row] ?? [], inner, glyphs);
        if (cursor < 0 || row !== cursor + headers.length) return line;
        return recolored(line, hasFocus ? "cursor" : "cursorBlurred");
      }),
    },
    side("right", left + width - 1),
    line("bottom", top + height - 1, edgeLine([], footer, [border.bottomLeft, border.bottomRight])),
  ];
}

/** Builds a horizontal edge with texts at its left and its right; if both do not fit, the right is dropped first. */
function edge(
  left: Line,
  right: Line,
  width: number,
  horizontal: Printable,
  role: "focused" | "frame",
  glyphs: Glyphs,
): Line {
  const rule = (count: number): Span => span(repeated(horizontal, count), role);
  const start: Line = left.length === 0 ? [] : [rule(1), ...left, span(words(" "))];
  const end: Line = lineWidth(right) === 0 ? [] : [span(words(" ")), ...right, rule(1)];
  const room = width - lineWidth(start);
  if (room < 0) return fit(start, width, glyphs);
  const wanted = lineWidth(end);
  if (wanted <= room) return [...start, rule(room - wanted), ...end];
  if (left.length > 0 || room < 8) return [...start, rule(room)];
  return [...start, ...fit(end, room - 1, glyphs), rule(1)];
}
