import { type Shown, type Styled, joined } from "./line.ts";
import type { Printable } from "./printable.ts";
import { pad, widthOf } from "./width.ts";

/** The format of one column. `style` gets a padded cell, so that colours do not count as width. */
export interface Column {
  readonly align?: "left" | "right";
  readonly style?: (cell: Printable, row: number) => Shown;
}

/** Formats rows as lines, with two spaces between columns; no spaces follow a last column that is left-aligned. */
export function table(
  rows: readonly (readonly Printable[])[],
  columns: readonly Column[],
): Styled[] {
  const widths = columns.map((_, index) => columnWidth(rows, index));
  return rows.map((row, rowIndex) => {
    const cells = columns.map(({ align = "left", style }, index): Shown => {
      const cell = row[index] ?? ("" as Printable);
      const isLast = index === columns.length - 1;
      const filled = isLast && align === "left" ? cell : pad(cell, widths[index] ?? 0, align);
      return style === undefined ? filled : style(filled, rowIndex);
    });
    return joined(cells, "  ").trimEnd() as Styled;
  });
}

function columnWidth(rows: readonly (readonly Printable[])[], index: number): number {
  let width = 0;
  for (const row of rows) width = Math.max(width, widthOf(row[index] ?? ("" as Printable)));
  return width;
}
