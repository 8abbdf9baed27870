import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import {
  type Printable,
  pad,
  printable,
  table,
  truncateEnd,
  truncateFront,
  widthOf,
} from "../../src/text/index.ts";
import { hostile } from "../support/hostile/hostile.ts";
import { attempts } from "../support/scale.ts";
import { anyCharacter } from "../support/any-character.ts";

const text = fc
  .array(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: anyCharacter, maxLength: 3 })), {
    maxLength: 6,
  })
  .map((parts) => printable(parts.join("")));

describe("widthOf", () => {
  it("counts cells, not characters", () => {
    expect(widthOf(printable("abc"))).toBe(3);
    expect(widthOf(printable("漢字"))).toBe(4);
    expect(widthOf(printable("e\u0301"))).toBe(1);
    expect(widthOf(printable("a\nb"))).toBe(4);
  });

  it("gives what string-width gives, for each character alone and between others", () => {
    const wrong: string[] = [];
    for (let code = 0x20; code < 0x3100; code += 1) {
      const shown = printable(String.fromCodePoint(code));
      for (const text of [shown, `a${shown}→${shown}é`] as Printable[])
        if (widthOf(text) !== stringWidth(text, { countAnsiEscapeCodes: true })) wrong.push(text);
    }
    expect(wrong).toEqual([]);
  });
});

describe("truncate", () => {
  it("says where something was cut", () => {
    expect(truncateEnd(printable("/a/long/path.txt"), 8)).toBe("/a/long…");
    expect(truncateFront(printable("/a/long/path.txt"), 9)).toBe("…path.txt");
    expect(truncateFront(printable("short"), 5)).toBe("short");
    expect(truncateEnd(printable("anything"), 0)).toBe("");
  });

  it("never cuts a wide character, a grapheme or an escape in two", () => {
    expect(truncateEnd(printable("漢字漢字"), 4)).toBe("漢…");
    expect(truncateFront(printable("ae\u0301e\u0301"), 2)).toBe("…e\u0301");
    expect(truncateEnd(printable("a\u202eb"), 8)).toBe("a…");
    expect(truncateFront(printable("ab\x1bcd"), 5)).toBe("…cd");
  });

  it("never takes more cells than it may, and keeps one end of the text", () => {
    fc.assert(
      fc.property(text, fc.nat(40), (shown, columns) => {
        for (const cut of [truncateEnd(shown, columns), truncateFront(shown, columns)]) {
          expect(widthOf(cut)).toBeLessThanOrEqual(columns);
          if (widthOf(shown) <= columns) expect(cut).toBe(shown);
        }
        expect(shown.startsWith(truncateEnd(shown, columns).replace(/…$/u, ""))).toBe(true);
        expect(shown.endsWith(truncateFront(shown, columns).replace(/^…/u, ""))).toBe(true);
      }),
      { numRuns: attempts(5_000) },
    );
  });
});

describe("table", () => {
  it("lines columns up by their cells", () => {
    const rows = [
      ["1", "漢字", "x"],
      ["412", "é", "yy"],
    ].map((row) => row.map(printable));
    expect(table(rows, [{ align: "right" }, {}, {}])).toEqual(["  1  漢字  x", "412  é     yy"]);
  });

  it("fills up to a width", () => {
    expect(pad(printable("漢"), 4)).toBe("漢  ");
    expect(pad(printable("12"), 4, "right")).toBe("  12");
    expect(pad(printable("12345"), 4)).toBe("12345");
  });
});
