import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { importDirectory } from "../../../src/host/index.ts";
import { rewindfs, shown } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-findings-"));
const see = (...args: string[]) => shown(rewindfs(folder, args)).replaceAll(folder, "FOLDER");
const token = `ghp_${"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"}`;

beforeAll(() => {
  mkdirSync(join(folder, "work"));
  writeFileSync(join(folder, "work", "a.txt"), "a");
  record(join(folder, "rewind.db"), ({ files, ...step }) => {
    importDirectory(files, join(folder, "work"), "/in");
    step.run("good", [], () => step.write("/in/a.txt", "b"));
    step.run("bad", [], () => {
      step.refuse("open-at", "../../etc/shadow\x1b[2J");
      step.write("/in/key.txt", token);
      step.write("/in/Makefile", "x");
      step.write("/in/sub.sh", "#!/bin/sh\n");
    });
  });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

it("findings are listed with their events, the most urgent first, and the exit code tells of them", () => {
  expect(see("findings")).toMatchInlineSnapshot(`
    "high    12  ../../etc/shadow\\x1b[2J: tried to leave the folder that it was given (open-at)
    high    14  /in/key.txt: holds what looks like a token of GitHub
    medium  16  /in/Makefile: a build runs it
    low     18  /in/sub.sh: a script with a #! line
    --- exit 1"
  `);
});

it("for a machine they come as one object a line, without the secret", () => {
  const { stdout, exit } = rewindfs(folder, ["findings", "--json", "--at-least", "low"]);
  expect(exit).toBe(1);
  const rules = stdout
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text).rule);
  expect(rules).toEqual(["escape", "secret", "tool-file", "executable"]);
  expect(stdout).not.toContain(token);
});

it("a run without any is done, and says so on stderr", () => {
  expect(see("findings", "--run", "2")).toMatchInlineSnapshot(`
    "--- stderr
    nothing was found that deserves a look
    --- exit 0"
  `);
});

it("a level that is none is told what there is", () => {
  expect(see("findings", "--at-least", "severe")).toMatchInlineSnapshot(`
    "--- stderr
    rewindfs: --at-least severe is no level
    Hint: it is high, medium or low
    --- exit 2"
  `);
});

it("the status tells of those in what is not applied", () => {
  expect(
    see("status")
      .split("\n")
      .filter((line) => line.includes("!")),
  ).toMatchInlineSnapshot(`
    [
      "  ! ../../etc/shadow\\x1b[2J: tried to leave the folder that it was given (open-at)",
      "  ! /in/key.txt: holds what looks like a token of GitHub",
      "  ! /in/Makefile: a build runs it",
    ]
  `);
});

it("an apply tells of them before it does anything", () => {
  expect(see("apply", "work", "--dry-run")).toMatchInlineSnapshot(`
    "modified  a.txt
    added     Makefile  ! a build runs it
    added     key.txt
    added     sub.sh
    --- stderr
    ! /in/key.txt: holds what looks like a token of GitHub
    4 paths would be applied to work; nothing was done
    --- exit 0"
  `);
  const { stderr } = rewindfs(folder, ["apply", "work", "key.txt"]);
  expect(stderr.split("\n")[0]).toBe("! /in/key.txt: holds what looks like a token of GitHub");
  expect(readFileSync(join(folder, "work", "key.txt"), "utf8")).toBe(token);
});
