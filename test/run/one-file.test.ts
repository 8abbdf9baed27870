import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { expect, test } from "vitest";

test("the program that runs in a guest's process is one file, which imports nothing but Node.js's own modules", () => {
  const built = readFileSync(new URL("../../dist/child.cjs", import.meta.url), "utf8");
  const imported = [...built.matchAll(/\b(?:require|import)\("([^"]+)"\)/g)].map(
    ([, name]) => name,
  );
  expect(imported.filter((name) => !isBuiltin(name ?? ""))).toEqual([]);
});
