import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  cutPath,
  folded,
  painter,
  printable,
  shortenedPath,
  widthOf,
  withoutColors,
  words,
} from "../../src/text/index.ts";

const fold = (text: string, columns: number, used = 0) =>
  folded(printable(text), { columns, used, under: words("  ") }).join("\n");

describe("a line that is too wide", () => {
  it("is cut between fields, before an arrow, and behind a colon", () => {
    expect(fold("modified  /some/path  12", 18)).toBe("modified\n  /some/path  12");
    expect(fold("/some/path → /other/path  12", 20)).toBe("/some/path\n  → /other/path  12");
    expect(fold("/some/path: a reason in words", 22)).toBe("/some/path:\n  a reason in words");
  });

  it("is cut behind a slash or between words where a field is too wide itself", () => {
    expect(fold("added  /some/longer/path/than/a/row", 20)).toBe(
      "added  /some/longer/\n  path/than/a/row",
    );
    expect(fold("words that go on for more than a row", 20)).toBe(
      "words that go on for\n  more than a row",
    );
  });

  it("keeps a name whole that is longer than a row", () => {
    expect(fold("added  /a-name-that-is-longer-than-a-row", 20)).toBe(
      "added  /\n  a-name-that-is-longer-than-a-row",
    );
  });

  it("counts what stands in the row before it, and no colours", () => {
    expect(fold("/some/path", 20, 12)).toBe("\n  /some/path");
    expect(fold("", 20, 45)).toBe("");
    const paint = painter("on");
    const styled = paint("added", printable("0123456789"));
    expect(folded(styled, { columns: 20, used: 10, under: words("  ") })).toEqual([styled]);
  });

  it("loses nothing but blanks, and no row is too wide unless a name is", () => {
    const part = fc.constantFrom("/", "a", "bc", " ", "  ", ": ", " → ", "name-of-a-file", "日本");
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 40 }),
        fc.integer({ min: 20, max: 40 }),
        (parts, columns) => {
          const text = parts.join("");
          const rows = folded(printable(text), { columns, under: words("  ") });
          const bare = (value: string) => value.replaceAll(" ", "");
          expect(bare(rows.map(withoutColors).join(""))).toBe(bare(printable(text)));
          for (const row of rows)
            if (widthOf(withoutColors(row)) > columns)
              expect(row.trim()).not.toMatch(/[^ /][ /]+[^ /]/);
        },
      ),
    );
  });
});

describe("a path that is too long", () => {
  const cut = words("…");
  it("is shortened by whole names at its beginning", () => {
    const path = printable("/one/two/three");
    expect(shortenedPath(path, 14, cut)).toBe("/one/two/three");
    expect(shortenedPath(path, 13, cut)).toBe("…/two/three");
    expect(shortenedPath(path, 8, cut)).toBe("…/three");
    expect(shortenedPath(path, 6, cut)).toBeUndefined();
    expect(cutPath(path, 4, cut)).toBe("…ree");
    expect(shortenedPath(printable("/one/two/"), 2, cut)).toBeUndefined();
  });
});
