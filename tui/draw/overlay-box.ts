import type { Printable } from "../../src/text/index.ts";
import type { Area, Size } from "./layout.ts";
import { type Line, span } from "./line.ts";
import type { PanelText } from "./panel-text.ts";

/** An overlay's text, and its place over the panels. */
export interface OverlayText {
  readonly area: Area;
  readonly text: PanelText;
}

/** Returns the rows that an overlay can have on a screen. */
export function roomIn({ rows }: Size): number {
  return rows - 6;
}

/** Builds a frame in the middle of the screen, as high as its rows if the screen is. */
export function centred(
  { columns, rows }: Size,
  wanted: number,
  title: Printable,
  lines: readonly Line[],
  footer: Line = [],
  cursor = -1,
): OverlayText {
  const width = Math.min(columns - 4, wanted);
  const height = Math.min(roomIn({ columns, rows }), lines.length) + 2;
  const left = Math.floor((columns - width) / 2);
  const top = Math.max(1, Math.floor((rows - height) / 2));
  const text = {
    title: [span(title, "title")],
    corner: [],
    headers: [],
    rows: lines,
    cursor,
    footer,
  };
  return { area: { left, top, width, height }, text } as const;
}
