import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { diffRows } from "../../../tui/rows/diff-rows.ts";
import { unicode } from "../../../tui/draw/glyphs.ts";
import { openSample } from "../sample.ts";

const sample = openSample();

test("an event that renames is told as that", () => {
  expect(shown("/app/build/bundle.js", 19)).toContain("Renamed; the content is the same.");
});

test("a pin tells of a rename only where the name is another at the two moments", () => {
  expect(shown("/app/build/bundle.js", 22, 18)).toContain("from /app/build/out.js");
  expect(shown("/app/build/bundle.js", 19, 22)).toBe("The content is the same in both.");
  expect(shown("/app/build/bundle.js", 19, 19)).toBe("A moment is the same as itself.");
});

test("where a run ends, the directory of all shows what it changed", () => {
  const rows = diffRows(
    sample.recording,
    { path: "/", at: 45 as Seq, pin: undefined, perRow: 16, columns: 100 },
    unicode,
  );
  expect(text(rows.headers[1])).toBe("what run 2 changed  #13 → #45");
  expect(rows.count).toBe(15);
});

test("a file that is not there yet is looked for later, in words that fit 37 columns", () => {
  const lines = shown("/app/build/out.js", 3).split("\n");
  expect(lines).toEqual(["Nothing is at this path now.", "L goes to #15, the next on it."]);
});

function shown(path: string, at: number, pin?: number): string {
  const view = {
    path,
    at: at as Seq,
    pin: pin as Seq | undefined,
    perRow: 16,
    columns: 100,
  } as const;
  const rows = diffRows(sample.recording, view, unicode);
  return Array.from({ length: rows.count }, (_, row) => text(rows.line(row))).join("\n");
}

function text(line: readonly { readonly text: string }[]): string {
  return line.map((part) => part.text).join("");
}
