import type { Printable } from "../src/text/index.ts";
import type { Glyphs } from "./glyphs.ts";
import type { Area } from "./layout.ts";
import { type Line, type Span, fit, lineWidth, recolored, span } from "./line.ts";

/** What a panel shows, before it has a frame. Rows beyond its height are not drawn. */
export interface PanelText {
  readonly title: Line;
  /** At the right of the upper edge, where there is room. */
  readonly corner: Line;
  readonly headers: readonly Line[];
  readonly rows: readonly Line[];
  /** The row under the cursor, counted from the first one on the screen; -1 for none. */
  readonly cursor: number;
  readonly footer: Line;
}

/** The lines of a panel with its frame: exactly as many, and as wide, as its area. */
export function framed(
  { title, corner, headers, rows, cursor, footer }: PanelText,
  { width, height }: Area,
  hasFocus: boolean,
  glyphs: Glyphs,
): readonly Line[] {
  const border = hasFocus ? glyphs.thick : glyphs.thin;
  const role = hasFocus ? "focused" : "frame";
  const inner = width - 2;
  const side = span(border.vertical, role);
  const marked =
    hasFocus && glyphs.focus !== "" ? [...title, span(` ${glyphs.focus}` as Printable)] : title;
  const body = [...headers, ...rows].slice(0, height - 2);
  const lines: Line[] = [
    [
      span(border.topLeft, role),
      ...edge(marked, corner, inner, border.horizontal, role, glyphs),
      span(border.topRight, role),
    ],
  ];
  for (let row = 0; row < height - 2; row += 1) {
    const line = fit(body[row] ?? [], inner, glyphs);
    const isCursor = row === cursor + headers.length && cursor >= 0;
    const shown = isCursor ? recolored(line, hasFocus ? "cursor" : "cursorBlurred") : line;
    lines.push([side, ...shown, side]);
  }
  lines.push([
    span(border.bottomLeft, role),
    ...edge([], footer, inner, border.horizontal, role, glyphs),
    span(border.bottomRight, role),
  ]);
  return lines;
}

/** A horizontal edge with something at its left and its right; the right goes first where both do not fit. */
function edge(
  left: Line,
  right: Line,
  width: number,
  horizontal: Printable,
  role: "focused" | "frame",
  glyphs: Glyphs,
): Line {
  const rule = (count: number): Span =>
    span(horizontal.repeat(Math.max(0, count)) as Printable, role);
  const start: Line = left.length === 0 ? [] : [rule(1), ...left, span(" " as Printable)];
  const end: Line = lineWidth(right) === 0 ? [] : [span(" " as Printable), ...right, rule(1)];
  const room = width - lineWidth(start);
  if (room < 0) return fit(start, width, glyphs);
  const wanted = lineWidth(end);
  if (wanted <= room) return [...start, rule(room - wanted), ...end];
  if (left.length > 0 || room < 8) return [...start, rule(room)];
  return [...start, ...fit(end, room - 1, glyphs), rule(1)];
}
