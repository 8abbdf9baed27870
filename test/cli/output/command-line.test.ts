import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";

import type { RunStart } from "../../../journal/index.ts";
import { commandLineOf } from "../../../src/cli/command/command-line.ts";
import { seedOf } from "../../support/random.ts";
import { anyCharacter } from "../../support/any-character.ts";

const start: RunStart = {
  kind: "run-start",
  cause: "guest",
  guest: "python",
  args: [],
  environment: [],
  digest: "",
  limits: new Map(),
};

test.each([
  [["-c", "print('x')"], `python -c "print('x')"`],
  [["a b", "it's $5"], String.raw`python 'a b' 'it'\''s $5'`],
  [[String.raw`\d+`, "a\nb"], String.raw`python '\d+' $'a\nb'`],
])("%j is quoted once", (args, shown) => {
  expect(commandLineOf({ ...start, args })).toBe(shown);
});

test("a restore, an undo and a redo are shown as they were typed", () => {
  const restore = { ...start, cause: "restore", guest: "run:2", args: ["14", "/d/a"] } as const;
  expect(commandLineOf(restore)).toBe("restore run:2 /d/a");
  const undo = { ...start, cause: "undo", guest: "run:17", args: ["17"] } as const;
  expect(commandLineOf(undo)).toBe("undo run:17");
});

test("a shell takes pasted command lines for the same words", () => {
  const word = fc
    .string({ unit: anyCharacter })
    .map((text) => text.toWellFormed().replaceAll("\0", ""));
  const lists = fc.sample(fc.array(word, { maxLength: 5 }), { numRuns: 500, seed: seedOf() });
  const end = "<end of the command line>";
  const lines = lists.map((args) =>
    commandLineOf({ ...start, guest: "printf", args: [String.raw`%s\0`, ...args] }),
  );
  const input = lines.map((line) => `${line}\nprintf '${end}'\n`).join("");
  const env = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" };
  const { stdout } = spawnSync("bash", ["-s"], { encoding: "utf8", env, input });
  const printed = lists.map((args) => (args.length === 0 ? [""] : args));
  expect(stdout.split(end)).toEqual([
    ...printed.map((args) => args.map((arg) => `${arg}\0`).join("")),
    "",
  ]);
});
