import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { rewindfs } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-narrow-"));
const told = (...args: string[]) => rewindfs(folder, args).stdout;

beforeAll(() => {
  record(join(folder, "rewind.db"), (step) => {
    step.run("app.wasm", [], () => {
      step.mkdir("/top");
      step.mkdir("/top/below");
    });
    for (const text of ["one\nTWO\n", "two\ntwo\n", "three\n"])
      step.run("app.wasm", [], () => {
        step.write(`/top/below/${text.length}.txt`, text);
        step.write("/top/same.txt", text);
      });
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

test("grep -l tells each file once, now and through history", () => {
  expect(told("grep", "-il", "two")).toBe("/top/below/8.txt\n");
  expect(told("grep", "-l", "--history", "o")).toBe("/top/below/8.txt\n/top/same.txt\n");
  expect(told("grep", "-l", "--json", "three")).toBe(
    '{"path":"/top/below/6.txt"}\n{"path":"/top/same.txt"}\n',
  );
});

test("tree -L goes down no further, for a person and for a machine", () => {
  expect(told("tree", "-L", "1")).toBe("/\n└── top\n");
  expect(told("tree", "/top", "-L", "1")).toBe("/top\n├── below\n└── same.txt  8\n");
  const paths = (...args: string[]) =>
    told("tree", "--json", ...args)
      .trim()
      .split("\n")
      .map((row) => Reflect.get(JSON.parse(row), "path"));
  expect(paths("-L", "1")).toEqual(["/", "/top"]);
  expect(paths("/top", "-L", "0")).toEqual(["/top"]);
});

test("runs -n tells the last ones", () => {
  const numbers = (...args: string[]) =>
    told("runs", "--json", ...args)
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((row) => Reflect.get(JSON.parse(row), "run"));
  expect(numbers("-n", "2")).toEqual([3, 4]);
  expect(numbers("-n", "9")).toEqual([1, 2, 3, 4]);
  expect(numbers("-n", "0")).toEqual([]);
});

test("what is no count is told with the option that it was given to", () => {
  for (const args of [
    ["runs", "-n", "some"],
    ["tree", "-L", "-1"],
    ["log", "--limit", "1e3"],
    ["diff", "-U", "x"],
  ])
    expect(rewindfs(folder, args)).toMatchObject({ exit: 2 });
  expect(rewindfs(folder, ["runs", "-n", "some"]).stderr).toContain(
    "--last some is no number of runs",
  );
});
