import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";

import { wordLines } from "../../../src/history/index.ts";
import { diffLines } from "../../../src/history/lines/diff.ts";
import { splitLines } from "../../../src/history/lines/text-lines.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-words-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);

/** Returns the lines of all hunks as pieces. */
function piecesOf(before: string, after: string, context = 1_000) {
  const { hunks } = diffLines(
    splitLines(bytes(before), "utf-8"),
    splitLines(bytes(after), "utf-8"),
    {
      context,
    },
  );
  return hunks.flatMap(({ lines }) => [...wordLines(lines)]);
}

function marked(before: string, after: string): string {
  const mark = { " ": ["", ""], "-": ["[-", "-]"], "+": ["{+", "+}"] } as const;
  return piecesOf(before, after)
    .map((line) => line.map(({ sign, text }) => mark[sign][0] + text + mark[sign][1]).join(""))
    .join("\n");
}

/** Returns what git shows of two texts, without its headings. */
function byGit(before: string, after: string): string {
  writeFileSync(join(folder, "before"), before);
  writeFileSync(join(folder, "after"), after);
  const args = ["diff", "--no-index", "--no-color", "--word-diff", "-U1000", "before", "after"];
  const { stdout } = spawnSync("git", args, { cwd: folder, encoding: "utf8" });
  return stdout.slice(stdout.indexOf("@@\n") + 3).replace(/\n$/, "");
}

test.each([
  ["a word in a line", "one two three\nfour\n", "one 2 three\nfour\n"],
  ["words that moved to another line", "a b c\nd\n", "a b\nc d e\n"],
  ["a line that went", "a\nb\nc\n", "a\nc\n"],
  ["a line that came, at the end without a newline", "a\nb\n", "a\nb\nc d"],
  ["blanks", "if (x)  {\n\treturn;\n}\n", "if (x) {\n  return y;\n}\n"],
  ["all words, over several lines", "a b\nc\n\nd\n", "e\n\nf g\n"],
  ["nothing before", "", "new text\nhere\n"],
  ["empty lines between", "x y\n\n\nz\n", "x\n\ny z\n"],
])("words are shown as git shows them: %s", (_, before, after) => {
  expect(marked(before, after)).toBe(byGit(before, after));
});

test("without what was removed they are the text after, and without what was added the words before", () => {
  const text = fc.array(fc.constantFrom("a", "b", "cc", " ", "  ", "\t", "\n", "\n"), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(text, text, (one, other) => {
      const [before, after] = [`${one.join("")}\n`, `${other.join("")}\n`];
      fc.pre(before !== after);
      const lines = piecesOf(before, after);
      const without = (sign: string) =>
        lines.map((line) =>
          line.filter((piece) => piece.sign !== sign).map(({ text: part }) => part),
        );
      const words = (parts: readonly string[][]) =>
        parts
          .map((line) => line.join(""))
          .join("\n")
          .split(/\s+/)
          .filter(Boolean)
          .join(" ");
      expect(words(without("-"))).toBe(after.split(/\s+/).filter(Boolean).join(" "));
      // A removed word may stand right behind a kept one.
      expect(words(without("+")).replaceAll(" ", "")).toBe(before.replaceAll(/\s+/g, ""));
    }),
  );
});
