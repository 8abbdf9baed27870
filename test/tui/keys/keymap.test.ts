import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { commands } from "../../../tui/update/commands.ts";
import { hintLine } from "../../../tui/keys/help.ts";
import { ascii, unicode } from "../../../tui/draw/glyphs.ts";
import { keyTable } from "../../../tui/keys/key-table.ts";
import { type Context, bindings } from "../../../tui/keys/bindings.ts";
import { commandFor, keyFor } from "../../../tui/keys/keymap.ts";
import { lineWidth } from "../../../tui/draw/line.ts";
import { initialState } from "../../../tui/state/state.ts";
import type { Seq } from "../../../journal/index.ts";

test("no key is bound twice in one place", () => {
  const seen = bindings.flatMap((binding) => binding.keys.map((key) => `${binding.in} ${key}`));
  expect(seen.filter((key, index) => seen.indexOf(key) !== index)).toEqual([]);
});

test("no binding in a panel hides one that holds everywhere or in all lists", () => {
  const general = bindings
    .filter((binding) => binding.in === "everywhere" || binding.in === "list")
    .flatMap((binding): readonly string[] => binding.keys);
  const hidden = bindings
    .filter(({ in: context }) => ["timeline", "tree", "main"].includes(context))
    .flatMap((binding): readonly string[] => binding.keys)
    .filter((key) => general.includes(key));
  expect(hidden).toEqual([]);
});

test("every command can be reached with a key, and every key runs one", () => {
  const reached = new Set<string>(bindings.map(({ run }) => run));
  expect(Object.keys(commands).filter((name) => !reached.has(name))).toEqual([]);
  for (const { keys, in: context, run } of bindings)
    for (const key of keys)
      expect(commandFor(key, [context, "list", "everywhere"] satisfies Context[])).toBe(run);
});

test("no key shares its byte with Tab, Enter or Esc", () => {
  const all = bindings.flatMap((binding): readonly string[] => binding.keys);
  expect(all.filter((key) => /^ctrl\+[imj[]$/.test(key))).toEqual([]);
});

test("labels are short enough for two columns", () => {
  expect(bindings.filter(({ label }) => label.length > 34)).toEqual([]);
});

test("docs/keys.md holds the keys", () => {
  const text = readFileSync(new URL("../../../docs/keys.md", import.meta.url), "utf8");
  expect(text).toContain(keyTable());
});

test("the hint line fits at any width, and ends with the way to all keys and the way out", () => {
  const start = {
    head: 5 as Seq,
    cursor: 5 as Seq,
    mode: { kind: "live" },
  } as const;
  for (let columns = 40; columns < 200; columns += 1)
    for (const glyphs of [unicode, ascii]) {
      const state = initialState({ ...start, size: { columns, rows: 24 } });
      const line = hintLine(state, columns, glyphs);
      expect(lineWidth(line)).toBe(columns);
      const text = line.map((part) => part.text).join("");
      expect(text).toContain(`${keyFor("help")} keys`);
      expect(text).toContain(`${keyFor("quit")} quit`);
    }
});
