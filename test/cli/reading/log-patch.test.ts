import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { rootIno } from "../../../journal/index.ts";
import { rewindfs, shown } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-log-patch-"));
const see = (...args: string[]) => shown(rewindfs(folder, args));

beforeAll(() => {
  record(join(folder, "rewind.db"), (step) => {
    step.run("guest", [], () => {
      step.write("/a", "one\ntwo\n");
      step.write("/b", "other\n");
      step.write("/a", "one\nTWO\n");
      step.remove("/b");
    });
  });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

it("log --patch shows the lines that each event changed", () => {
  expect(see("log", "--patch")).toMatchInlineSnapshot(`
    "run 1  guest  2026-11-24 06:00:00  exit 0
      2  06:00:00.003  create                /a
      3  06:00:00.004  write              8  /a
    --- a/a
    +++ b/a
    @@ -0,0 +1,2 @@
    +one
    +two
      4  06:00:00.005  create                /b
      5  06:00:00.006  write              6  /b
    --- a/b
    +++ b/b
    @@ -0,0 +1 @@
    +other
      6  06:00:00.007  write              8  /a
    --- a/a
    +++ b/a
    @@ -1,2 +1,2 @@
     one
    -two
    +TWO
      7  06:00:00.008  unlink                /b
    --- a/b
    +++ /dev/null
    @@ -1 +0,0 @@
    -other
      8  06:00:00.009  run-end               exit 0
    --- exit 0"
  `);
});

it("log --patch of one file is the history of its lines", () => {
  expect(see("log", "--patch", "--reverse", "/a")).toMatchInlineSnapshot(`
    "run 1  guest  2026-11-24 06:00:00  exit 0
      6  06:00:00.007  write              8  /a
    --- a/a
    +++ b/a
    @@ -1,2 +1,2 @@
     one
    -two
    +TWO
      3  06:00:00.004  write              8  /a
    --- a/a
    +++ b/a
    @@ -0,0 +1,2 @@
    +one
    +two
      2  06:00:00.003  create                /a
    --- exit 0"
  `);
});

it("log --patch gives no JSON", () => {
  expect(rewindfs(folder, ["log", "--patch", "--json"]).exit).toBe(2);
});

it("log --patch shows a rename onto another file as what became of that one's lines", () => {
  record(join(folder, "saved.db"), (step) => {
    step.run("guest", [], () => {
      step.write("/a", "one\ntwo\n");
      step.write("/.new", "one\nTWO\n");
      step.rename("/.new", "/a");
      step.rename("/a", "/b");
    });
  });
  const told = see("-j", "saved.db", "log", "--patch", "--op", "rename");
  expect(told.split("\n").filter((line) => /^[-+ @]/.test(line) && !/^ +\d/.test(line)))
    .toMatchInlineSnapshot(`
      [
        "--- a/a",
        "+++ b/a",
        "@@ -1,2 +1,2 @@",
        " one",
        "-two",
        "+TWO",
        "--- exit 0",
      ]
    `);
});

it("log --patch shows a save once, and not the file that it was written to as well", () => {
  const told = see("-j", "saved.db", "log", "--patch");
  expect(told.split("\n").filter((line) => /place of|^[-+] ?\w/.test(line))).toMatchInlineSnapshot(`
    [
      "+one",
      "+two",
      "  takes the place of /a: event 6",
      "-two",
      "+TWO",
    ]
  `);
});

it("log --patch shows what a save does not: bytes that were written over, cut off or linked elsewhere", () => {
  record(join(folder, "hidden.db"), (step) => {
    step.run("guest", [], () => {
      for (const name of ["/a", "/b", "/c"]) step.write(name, "one\n");
      step.write("/.over", "HIDDEN over\n");
      step.write("/.over", "one\n");
      step.rename("/.over", "/a");
      step.write("/.cut", "HIDDEN cut\n");
      step.truncate("/.cut", 0);
      step.rename("/.cut", "/b");
      step.write("/.linked", "HIDDEN linked\n");
      const linked = step.files.resolve(rootIno, ".linked", "keep");
      const elsewhere = step.files.resolve(rootIno, "elsewhere", "keep");
      if (linked.at === "entry" && linked.ino !== undefined && elsewhere.at === "entry")
        step.files.perform({
          kind: "link",
          ino: linked.ino,
          parent: elsewhere.parent,
          name: elsewhere.name,
        });
      step.rename("/.linked", "/c");
    });
  });
  const told = see("-j", "hidden.db", "log", "--patch", "--raw");
  expect(told.split("\n").filter((line) => line.startsWith("+HIDDEN"))).toEqual(
    expect.arrayContaining(["+HIDDEN over", "+HIDDEN cut", "+HIDDEN linked"]),
  );
});
