import fc from "fast-check";
import { expect, test } from "vitest";

import { type Area, type Layout, layout, panels } from "../../tui/draw/layout.ts";

const sizes = fc.record({
  columns: fc.integer({ min: 40, max: 300 }),
  rows: fc.integer({ min: 10, max: 120 }),
});

test("the areas fill the screen and never overlap", () => {
  fc.assert(
    fc.property(
      sizes,
      fc.constantFrom(...panels),
      fc.constantFrom("split" as const, "full" as const),
      (size, focus, zoom) => {
        const cells = new Set<number>();
        let sum = 0;
        for (const { left, top, width, height } of areasOf(layout(size, focus, zoom))) {
          expect(width).toBeGreaterThan(0);
          sum += width * height;
          for (let row = top; row < top + height; row += 1)
            for (let column = left; column < left + width; column += 1)
              cells.add(row * size.columns + column);
        }
        expect(sum).toBe(size.columns * size.rows);
        expect(cells.size).toBe(sum);
      },
    ),
    { numRuns: 60 },
  );
});

test("the panel with the focus is always shown, and has room for a row", () => {
  fc.assert(
    fc.property(sizes, fc.constantFrom(...panels), (size, focus) => {
      const areas = layout(size, focus, "split");
      const shown = areas.kind === "panels" ? areas.shown : [];
      const panel = shown.find(({ name }) => name === focus);
      expect(panel?.area.height).toBeGreaterThanOrEqual(3);
    }),
  );
});

test("a terminal that is too small has no panels", () => {
  expect(layout({ columns: 39, rows: 24 }, "main", "split")).toEqual({ kind: "small" });
  expect(layout({ columns: 80, rows: 9 }, "main", "split")).toEqual({ kind: "small" });
});

test.each([
  [120, 36],
  [80, 24],
  [60, 20],
  [48, 16],
  [40, 10],
])("the layout at %i columns and %i rows", async (columns, rows) => {
  const areas = layout({ columns, rows }, "timeline", "split");
  await expect(picture(areas, columns, rows)).toMatchFileSnapshot(
    `screens/layout-${columns}x${rows}.txt`,
  );
});

function areasOf(areas: Layout): Area[] {
  return namedAreas(areas).map(({ area }) => area);
}

function namedAreas(areas: Layout): { name: string; area: Area }[] {
  if (areas.kind === "small") return [];
  const { scrubber, status, hints, shown } = areas;
  return [
    { name: "status", area: status },
    ...(scrubber === undefined ? [] : [{ name: "~ scrubber", area: scrubber }]),
    ...shown,
    { name: "hints", area: hints },
  ];
}

/** Fills each area with the first letter of its name, and puts the name in its corner. */
function picture(areas: Layout, columns: number, rows: number): string {
  const grid = Array.from({ length: rows }, () => Array.from({ length: columns }, () => " "));
  for (const { name, area } of namedAreas(areas)) {
    for (let row = area.top; row < area.top + area.height; row += 1)
      for (let column = area.left; column < area.left + area.width; column += 1) {
        const text = row === area.top ? name[column - area.left] : undefined;
        const line = grid[row];
        if (line !== undefined) line[column] = text ?? name[0] ?? " ";
      }
  }
  return `${grid.map((line) => line.join("")).join("\n")}\n`;
}
