import fc from "fast-check";
import { expect, test } from "vitest";

import { type Printable, printable, widthOf } from "../../../src/text/index.ts";
import { dropCells, shortPath } from "../../../tui/draw/cells.ts";
import { unicode } from "../../../tui/draw/glyphs.ts";
import { fit, guestSpans, lineWidth, paint, span, spread } from "../../../tui/draw/line.ts";
import { themeFor } from "../../../tui/draw/theme.ts";
import { hostile } from "../../support/hostile/hostile.ts";

const pieces = fc.array(
  fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom(...hostile)).map(printable),
);

test("a line is exactly as wide as it is to be, whatever stands in it", () => {
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 100 }), (texts, width) => {
      const line = texts.flatMap((text) => guestSpans(text));
      expect(lineWidth(fit(line, width, unicode))).toBe(width);
      expect(lineWidth(spread(line, [span("end" as Printable)], width, unicode))).toBe(width);
    }),
  );
});

test("what is painted holds our codes and visible text only", () => {
  fc.assert(
    fc.property(pieces, (texts) => {
      const line = texts.flatMap((text) => guestSpans(text, "changed"));
      for (const theme of [themeFor("on"), themeFor("off")]) {
        // oxlint-disable-next-line no-control-regex
        const rest = paint(line, theme).replaceAll(/\x1b\[[\d;]*m/g, "");
        expect(rest).toBe(texts.join(""));
        expect(rest).not.toMatch(/\p{Cc}/u);
      }
    }),
  );
});

test("escapes look unlike text that spells them", () => {
  expect(guestSpans(printable("a\x1b"))).toEqual([
    { text: "a", role: "plain" },
    { text: "\\x1b", role: "dim" },
  ]);
});

test("cells are dropped from the left, half a wide character as a space", () => {
  expect(dropCells(printable("漢字x"), 1)).toBe(" 字x");
  expect(dropCells(printable("漢字x"), 4)).toBe("x");
  expect(dropCells(printable("ab"), 5)).toBe("");
});

test("a long path loses whole directories first, and never takes more room than it has", () => {
  const path = printable("/home/app/build/maps/9.map");
  expect(shortPath(path, 20, unicode.cut)).toBe("…/build/maps/9.map");
  expect(shortPath(path, 8, unicode.cut)).toBe("…/9.map");
  expect(shortPath(path, 4, unicode.cut)).toBe("…map");
  for (let room = 0; room < 30; room += 1)
    expect(widthOf(shortPath(path, room, unicode.cut))).toBeLessThanOrEqual(room);
});
