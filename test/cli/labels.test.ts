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
  expect(see("ls", "--at", "run:label:turn=9")).toMatch(
    /no run has the label turn=9[^]*runs tells of the labels/,
  );
  expect(see("ls", "--at", "run:label:turn")).toContain("run:label:NAME=TEXT");
  expect(see("log", "--run", "label:turn=8", "--op", "create")).toMatch(/\/b[^]*\/c/);
  expect(see("log", "--run", "label:turn=9")).toContain("has the label turn=9");
  expect(see("undo", "--label", "turn=8", "--dry-run")).toMatch(
    /removed {3}\/c[^]*removed {3}\/b[^]*run 3 would be taken back[^]*run 2 would be taken back/,
  );
  expect(names("@")).toBe("a\0b\0c\0d\0");
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

test("of several runs with a label none is taken back if a later run changed what one of them made", () => {
  const file = join(folder, "several.db");
  using files = openFileSystem(file);
  const write = (path: string, text: string, turn: string) =>
    files.run("turn", () => files.writeFile(path, text), { labels: { turn } });
  write("/a", "1", "1");
  write("/b", "1", "1");
  write("/b", "2", "1");
  write("/c", "1", "1");
  write("/a", "2", "2");
  files.close();
  const runs = () => see("runs", "-j", file, "--json").match(/"run":/g)?.length;
  for (const how of [["--dry-run"], []])
    expect(see("undo", "-j", file, "--label", "turn=1", ...how)).toMatch(
      /cannot undo run:1: 1 path changed since by run:5[^]*undo those first[^]*exit 1/,
    );
  expect(runs()).toBe(5);
  // Runs that change the same file are no obstacle to each other.
  expect(see("undo", "-j", file, "--label", "turn=1", "--force")).toMatch(
    /run 4 was[^]*run 3 was[^]*run 2 was[^]*run 1 was[^]*gone over: \/a/,
  );
  expect(rewindfs(folder, ["ls", "-z", "-j", file]).stdout).toBe("");
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
