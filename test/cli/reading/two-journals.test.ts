import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { rewindfs, shown } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-two-journals-"));
const see = (...args: string[]) => shown(rewindfs(folder, args));

beforeAll(() => {
  record(join(folder, "rewind.db"), (step) => {
    step.run("app", [], () => {
      step.mkdir("/lib");
      step.write("/lib/b.txt", "b\n");
      step.write("/a.txt", "the quick fox\njumps\n");
      step.write("/same", "same\n");
    });
  });
  rewindfs(folder, ["fork", "@", "fork.db"]);
  record(join(folder, "rewind.db"), (step) => {
    step.run("app", [], () => {
      step.write("/a.txt", "the quick cat\njumps\n");
      step.write("/same", "SAME\n");
    });
  });
  record(join(folder, "fork.db"), (step) => {
    step.run("app", [], () => {
      step.rename("/lib", "/lob");
      step.write("/same", "SAME\n");
      step.write("/new", "new\n");
    });
  });
  record(join(folder, "other.db"), (step) =>
    step.run("app", [], () => step.write("/a.txt", "x\n")),
  );
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

it("diff tells what a fork and its origin did since, whatever was renamed", () => {
  expect(see("diff", "rewind.db@", "fork.db@")).toMatchInlineSnapshot(`
    "modified  /a.txt  20
    --- a/a.txt
    +++ b/a.txt
    @@ -1,2 +1,2 @@
    -the quick cat
    +the quick fox
     jumps
    renamed   /lib → /lob  directory
    added     /new  4
    --- /dev/null
    +++ b/new
    @@ -0,0 +1 @@
    +new
    --- exit 0"
  `);
  expect(see("diff", "fork.db@", "@", "--name-status")).toMatchInlineSnapshot(`
    "M	/a.txt
    R	/lob	/lib
    D	/new
    --- exit 0"
  `);
});

it("diff takes each form of a moment after the journal's name", () => {
  const origin = see("diff", "run:1", "@");
  expect(see("diff", "rewind.db@run:1")).toBe(origin);
  expect(see("-j", "fork.db", "diff", "rewind.db@run:1", "rewind.db@")).toBe(origin);
  expect(see("diff", `${folder}/fork.db@run:1`, "rewind.db@run:1")).toBe("--- exit 0");
  expect(see("diff", "fork.db@-3^", "rewind.db@run:1")).toBe(see("diff", "fork.db@@-4", "run:1"));
});

it("diff of unrelated journals compares paths", () => {
  expect(see("diff", "other.db@", "rewind.db@0", "--stat")).toMatchInlineSnapshot(`
    "+0  -1  removed   /a.txt  2
    --- stderr
    1 path changed
    --- exit 0"
  `);
});

it("diff tells which journal or path is not there", () => {
  expect(see("diff", "nowhere.db@1", "@")).toMatchInlineSnapshot(`
    "--- stderr
    rewindfs: there is no journal nowhere.db
    Hint: FILE@REV is a moment of a journal of that name
    --- exit 2"
  `);
  expect(see("diff", "fork.db@", "@", "/nix")).toMatchInlineSnapshot(`
    "--- stderr
    rewindfs: there is no /nix at @ nor at @
    Hint: rewindfs tree shows the files now, rewindfs log their events
    --- exit 2"
  `);
  expect(see("diff", "fork.db@", "@", "--times")).toMatchInlineSnapshot(`
    "--- stderr
    rewindfs: times of two journals are not compared
    Hint: leave --times out
    --- exit 2"
  `);
});

it("diff --git between journals is a patch that makes one of the other", () => {
  const [host, wanted] = [join(folder, "host"), join(folder, "wanted")];
  rewindfs(folder, ["export", host]);
  rewindfs(folder, ["-j", "fork.db", "export", wanted]);
  const patch = rewindfs(folder, ["diff", "@", "fork.db@", "--git"]).stdout;
  const { status, stderr } = spawnSync("git", ["apply", "-"], {
    cwd: host,
    input: patch,
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  expect(readdirSync(host, { recursive: true })).toEqual(readdirSync(wanted, { recursive: true }));
});
