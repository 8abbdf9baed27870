import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { type LimitName, limitNames, profiles } from "../src/fs/index.ts";

const root = new URL("..", import.meta.url).pathname;
const model = readFileSync(join(root, "docs/threat-model.md"), "utf8");

/** The cells of each row, by the columns of its table. */
const tables = model
  .split(/\n(?=\n)/)
  .map((part) => part.split("\n").filter((line) => line.startsWith("|")))
  .filter((lines) => lines.length > 2)
  .map((lines) =>
    lines.map((line) =>
      line
        .slice(1, -1)
        .split(" | ")
        .map((cell) => cell.trim()),
    ),
  );
const held = tables
  .filter(([columns]) => columns?.at(-1) === "held by")
  .flatMap((rows) => rows.slice(2));

test("there are promises, and each names what holds it", () => {
  expect(held.length).toBeGreaterThan(40);
});

describe("what the threat model says of", () => {
  test.each(held.map((cells) => ({ promise: cells[0] ?? "", by: cells.at(-1) ?? "" })))(
    "$promise is held by tests that are there",
    ({ by }) => {
      const named = [...by.matchAll(/`(test\/[^`]+)`((?:, "[^"]+")*)/g)];
      expect(named.length).toBeGreaterThan(0);
      for (const [, file = "", titles = ""] of named) {
        expect(existsSync(join(root, file)), file).toBe(true);
        const source = readFileSync(join(root, file), "utf8");
        for (const [, title = ""] of titles.matchAll(/"([^"]+)"/g))
          expect(isTitle(source, title), `"${title}" in ${file}`).toBe(true);
      }
    },
  );

  test.each(limitNames)("the limit %s is what the profiles say", (name) => {
    const row = held.find(([cell]) => cell === `\`${name}\``);
    expect(row?.slice(1, 3)).toEqual([
      told(name, profiles.default[name]),
      told(name, profiles.strict[name]),
    ]);
  });
});

/** Tells if a test, or a case of one, has that title, or contains it. */
function isTitle(source: string, title: string): boolean {
  const literals = [...source.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([, text]) => text ?? "");
  return literals.some((text) => text.includes(title)) || source.includes(`\n  ${title}: `);
}

function told(name: LimitName, value: number): string {
  if (name === "seconds" && value === 0) return "none";
  const isSize = [
    "bytes",
    "file-bytes",
    "call-bytes",
    "tape-bytes",
    "memory",
    "output-bytes",
  ].includes(name);
  if (!isSize) return value.toLocaleString("en");
  const unit = ["B", "KiB", "MiB", "GiB", "TiB"] as const;
  const power = Math.floor(Math.log2(value) / 10);
  return `${value / 1024 ** power} ${unit[power] ?? ""}`;
}
