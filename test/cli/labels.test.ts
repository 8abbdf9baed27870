import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { openFileSystem } from "../../src/index.ts";
import { labelsOf } from "../../src/cli/run/labels.ts";
import { rewindfs, shown } from "../support/screen/command.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-labels-"));
afterAll(() => rmSync(folder, { recursive: true }));
const see = (...args: string[]): string => shown(rewindfs(folder, args));

test("runs are found by their labels: in lists, as revisions, and to be taken back", () => {
  using files = openFileSystem(join(folder, "rewind.db"));
  const run = (path: string, turn: string) =>
    files.run("turn", () => files.writeFile(path, turn), { labels: { turn, "a b": "ü" } });
  run("/a", "7");
  run("/b", "8");
  run("/c", "8");
  files.run("other", () => files.writeFile("/d", ""), { labels: {} });
  files.close();
  expect(see("runs")).toMatch(/turn=7 'a b=ü' library turn/);
  expect(see("log")).toMatch(/run 1 {2}turn=7/);
  expect(
    JSON.parse(rewindfs(folder, ["runs", "--json"]).stdout.split("\n")[1] ?? ""),
  ).toMatchObject({ labels: { turn: "8", "a b": "ü" } });
  const names = (at: string) => rewindfs(folder, ["ls", "-z", "--at", at]).stdout;
  expect(names("run:label:turn=7")).toBe("a\0");
  expect(names("run:label:turn=8")).toBe("a\0b\0c\0");
  expect(names("run:label:turn=8^")).toBe("a\0");
  expect(see("ls", "--at", "run:label:turn=9")).toContain("no run has the label turn=9");
  expect(see("ls", "--at", "run:label:turn")).toContain("run:label:NAME=TEXT");
  expect(see("log", "--run", "label:turn=8", "--op", "create")).toMatch(/\/b[^]*\/c/);
  expect(see("log", "--run", "label:turn=9")).toContain("has the label turn=9");
  expect(see("undo", "--label", "turn=8", "--dry-run")).toContain("2 runs have the label turn=8");
  expect(see("undo", "--label", "turn=7", "--dry-run")).toContain("would be taken back");
  expect(see("undo", "--label", "turn=8")).toMatch(/run 3 was taken back[^]*run 2 was taken back/);
  expect(names("@")).toBe("a\0d\0");
  expect(see("redo", "--label", "turn=7")).toContain("undone last has no label turn=7");
  expect(see("redo", "--label", "turn=8")).toMatch(/run 2 was done again[^]*run 3 was done again/);
  expect(names("@")).toBe("a\0b\0c\0d\0");
  expect(see("undo", "--label", "turn=8")).toContain("redo --label turn=8 brings all of them back");
  const listed = (...args: string[]) => rewindfs(folder, ["runs", "--label", ...args]).stdout;
  expect(listed("turn=8", "--json").trim().split("\n")).toHaveLength(2);
  expect(listed("turn=8", "-n", "1")).toMatch(/^ *3 .*turn=8/m);
  expect(see("log", "--label", "turn=8", "--op", "create")).toMatch(/\/b[^]*\/c/);
  expect(see("undo", "--label", "turn=7", "--run", "1")).toContain(
    "--label names the runs already",
  );
});

test("labels come from the environment, and those that are typed count before them", () => {
  const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const env = { REWINDFS_LABELS: "turn=1, who=me", TRACEPARENT: trace };
  const told: string[] = [];
  const tell = (note: string) => void told.push(note);
  expect(labelsOf(["turn=2", "x=a=b"], env, tell)).toEqual(
    new Map([
      ["turn", "2"],
      ["who", "me"],
      ["traceparent", trace],
      ["x", "a=b"],
    ]),
  );
  expect(labelsOf([], {}, tell)).toBeUndefined();
  expect(told).toEqual([]);
  for (const TRACEPARENT of [
    "none",
    trace.replace("4bf9", "4BF9"),
    `${trace}-${"x".repeat(5_000)}`,
  ])
    expect(labelsOf([], { TRACEPARENT }, tell)).toBeUndefined();
  expect(told).toEqual(Array(3).fill(expect.stringContaining("TRACEPARENT is no trace")));
  expect(() => labelsOf(["turn"], {}, tell)).toThrow("--label turn is not NAME=TEXT");
  expect(() => labelsOf([`a=${"x".repeat(5_000)}`], {}, tell)).toThrow(
    "a label has more than 4096 bytes",
  );
  const many = Array.from({ length: 65 }, (_, index) => `l${index}=`);
  expect(() => labelsOf(many, {}, tell)).toThrow("more than 64 labels");
});
