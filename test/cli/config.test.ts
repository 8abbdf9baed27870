import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { rewindfs, shown } from "../support/screen/command.ts";
import { guest } from "./steady.ts";
import { recordSample } from "./sample.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-config-"));
const see = (...args: string[]) => shown(rewindfs(folder, args));
const configure = (text: string) => writeFileSync(join(folder, "rewind.toml"), text);

beforeAll(() => recordSample(folder));
afterAll(() => rmSync(folder, { recursive: true }));

it("a setting stands for an option, which the command line replaces", () => {
  configure("[diff]\nword-diff = true\n[run]\nrecord = 'reads'\ntimeout = 60\n");
  expect(see("diff", "--", "/data/a.txt")).toContain("[-two-]{+TWO+}");
  expect(see("diff", "--stat")).not.toContain("--- exit 2");
  expect(see("diff", "--stat", "--word-diff")).toContain("--- exit 2");
  const run = (...args: string[]) => see("-j", "run.db", "run", ...args, guest, "truncate");
  expect(run()).toContain("by the config of this folder: --record reads --timeout 60\n");
  expect(run("--timeout", "9")).toContain("by the config of this folder: --record reads\n");
  expect(run("-q")).not.toContain("config");
});

it("rules of one's own are told by findings, and fail a build", () => {
  configure(`
    [[findings.rules]]
    name = "big"
    reason = "is large \\u001b[31m"
    paths = ["big*"]
    level = "low"
  `);
  expect(see("findings", "run:1^", "run:1", "--at-least", "low")).toMatchInlineSnapshot(`
    "high    11  ../etc/passwd: tried to leave the folder that it was given for a machine's accounts (open-at)
    low      5  /data/big.bin: is large \\x1b[31m
    --- exit 1"
  `);
  expect(see("findings", "--path", "/data", "--json")).toContain('"rule":"own:big"');
});

it.each([
  ["[run]\nisolation = 'none'\n", ["run", guest], 'run.isolation can only be "required"'],
  ["[run]\nenv = 'X=1'\n", ["run", guest], "has no setting called run.env"],
  ["[run]\ndir = '/::/'\n", ["run", guest], "has no setting called run.dir"],
  ["[run]\nlimits = 'default'\n", ["run", guest], 'run.limits can only be "strict"'],
  ["[run]\ntimeout = -1\n", ["run", guest], "run.timeout can only be a number of seconds"],
  ["[findings]\nat-least = 'high'\n", ["findings"], 'findings.at-least can only be "low"'],
  ["[diff]\nunified = 0\n", ["diff"], "diff.unified can only be a number of lines"],
  ["[log]\nlimit = 1\n", ["log"], "has no setting called log.limit"],
  ["[apply]\nours = true\n", ["log"], "has no setting called apply"],
  ["[run]\ntimeout = [\n", ["log"], "cannot read rewind.toml, line 3: "],
] as const)("a config may ask for more care, not for less: %j", (text, args, message) => {
  configure(text);
  const told = shown(rewindfs(folder, args));
  expect(told).toContain(message);
  expect(told).toContain("--- exit 2");
});

it("a config that cannot be read is refused, and not passed over with the rules in it", () => {
  const toml = join(folder, "rewind.toml");
  const refused = () => {
    const told = see("log", "--limit", "1");
    expect(told).toContain("--- exit 2");
    return told;
  };
  configure("#".repeat(1024 * 1024 + 1));
  expect(refused()).toContain("cannot read rewind.toml: it has more than 1048576 bytes");
  rmSync(toml);
  const json = join(folder, "package.json");
  writeFileSync(json, '{ "rewindfs": [] }');
  expect(refused()).toContain('cannot read package.json: "rewindfs" is no table');
  writeFileSync(json, '\ufeff{ "rewindfs": { "log": { "limit": 1 } } }');
  expect(refused()).toContain("package.json has no setting called log.limit");
  rmSync(json);
});

it("rules that make no sense are refused before anything runs", () => {
  configure("[findings]\nrules = 'all'\n");
  const told = see("-j", "none.db", "run", guest, "truncate");
  expect(told).toContain("findings.rules is no list");
  expect(told).toContain("--- exit 2");
  expect(existsSync(join(folder, "none.db"))).toBe(false);
});

it("rules of one's own do not bury what ours found", () => {
  const rule = (name: string) =>
    `[[findings.rules]]\nname = '${name}'\nreason = '${name}'\nlevel = 'high'\npaths = ['**']\n`;
  configure(["a", "b", "c", "d", "e", "f", "g"].map(rule).join(""));
  const told = see("-j", "bury.db", "run", "python", "-c", "open('/.envrc', 'w')");
  const lines = told.split("\n").filter((line) => line.startsWith("! "));
  expect(lines[0]).toContain("/.envrc");
  expect(lines).toHaveLength(7);
});

it.each([
  ["rules = 1", "is no list of up to 100 rules"],
  ["[[findings.rules]]\nname = 'a'", "has no reason"],
  ["[[findings.rules]]\nname = 'A b'", "has no name of its own"],
  ["[[findings.rules]]\nname = 'a'\nreason = 'x'", "has no list of up to 100 paths"],
  ["[[findings.rules]]\nname = 'a'\nreason = 'x'\npaths = ['']", "has a path that is empty"],
  [
    "[[findings.rules]]\nname = 'a'\nreason = 'x'\npaths = ['x']\nrun = 'y'",
    "has no setting called run",
  ],
  [
    "[[findings.rules]]\nname = 'a'\nreason = 'x'\npaths = ['x']\noperations = ['run-end']",
    "operation",
  ],
])("a rule that is none is told of: %j", (text, message) => {
  configure(`[findings]\n${text}\n`);
  expect(see("findings")).toContain(message);
});

it("docs/config.md has each setting, and its example is one", () => {
  const text = readFileSync(new URL("../../docs/config.md", import.meta.url), "utf8");
  configure(/```toml\n([^]*?)```/.exec(text)?.[1] ?? "");
  expect(see("findings", "--run", "1")).not.toContain("--- exit 2");
  const settings = readFileSync(
    new URL("../../src/cli/config/defaults.ts", import.meta.url),
    "utf8",
  );
  for (const [, name] of settings.matchAll(/^\s+\["([a-z-]+)", (?:only|flag)\(/gm))
    expect(text).toContain(`.${name}\``);
  // A program may leave anything in its folder: it is a folder that is no file, here.
  rmSync(join(folder, "rewind.toml"));
  mkdirSync(join(folder, "rewind.toml"));
  expect(see("findings", "--run", "1")).not.toContain("--- exit 2");
});
