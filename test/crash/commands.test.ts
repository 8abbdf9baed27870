import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, expect } from "vitest";

import { Workplace } from "../run/support.ts";
import { rewindfs, start } from "../support/screen/command.ts";
import { record } from "../support/journal.ts";
import { patience } from "../support/scale.ts";
import { tried } from "../support/tried.ts";
import { some } from "../support/some.ts";
import { expectWhole } from "./survivors.ts";
import { callsToKillAt, testWhereTraced, traced } from "./traced.ts";

const tracedTest = testWhereTraced();

const commands = {
  import: [
    ["import", "host", "/in"],
    [4, 9],
  ],
  restore: [["restore", "3"], [6]],
  undo: [["undo"], [8]],
  fork: [
    ["fork", "@", "forked.db"],
    [10, 25],
  ],
  apply: [["apply", "host"], [12]],
} as const;

const old = "old\n";
const recent = "new\n".repeat(5_000);
const template = new Workplace();

beforeAll(() => {
  makeHost();
  expect(rewindfs(template.folder, ["import", "host", "/"]).exit).toBe(0);
  record(join(template.folder, "rewind.db"), (step) => {
    step.run("second", [], () => {
      for (const name of ["a", "b", "c"]) {
        step.truncate(`/${name}`, 0);
        step.write(`/${name}`, recent);
      }
      step.mkdir("/d");
      step.write("/d/e", "e");
      step.rename("/c", "/d/c");
    });
  });
  return () => template[Symbol.dispose]();
});

tracedTest.each(some(Object.entries(commands), 2))(
  "%s killed before any call that changes a file leaves whole journals, and can be done again",
  { timeout: patience(60_000) },
  (name, [args, calls]) => {
    let kills = 0;
    for (const when of callsToKillAt(calls)) {
      using place = new Workplace();
      cpSync(template.folder, place.folder, { recursive: true });
      const files = [place.path("rewind.db"), place.path("forked.db")];
      const [, main] = start;
      // An apply needs the very directory that was imported.
      makeHost();
      const absolute = args.map((arg) =>
        arg === "host" ? template.path(arg) : arg === "forked.db" ? place.path(arg) : arg,
      );
      const program = [main, "-j", place.path("rewind.db"), ...absolute];
      // The names of files written to the host, and of a fork until it is whole, are unknown here: all calls count.
      const counted = name === "apply" || name === "fork" ? [] : files;
      const told = traced(program, counted, "signal=KILL", String(when));
      for (const file of files) if (existsSync(file)) expectWhole(file);
      expectOldOrNew(template.path("host"));
      if (!told.killed) {
        expect(told).toMatchObject({ exit: 0 });
        break;
      }
      const again = rewindfs(place.folder, absolute);
      // A command that finished before the kill has nothing left to do, and a fork never overwrites a file.
      expect({ when, name, again }).toMatchObject({ again: { exit: expect.toBeOneOf([0, 1, 2]) } });
      expect(again.stderr).not.toMatch(/should not have happened|damaged/);
      for (const file of files) if (existsSync(file)) expectWhole(file);
      kills += 1;
      tried("kills of a command, at a call", 1);
    }
    expect(kills).toBeGreaterThan(0);
  },
);

function makeHost(): void {
  rmSync(template.path("host"), { recursive: true, force: true });
  mkdirSync(template.path("host"));
  for (const name of ["a", "b", "c"]) writeFileSync(template.path(`host/${name}`), old);
}

function expectOldOrNew(host: string): void {
  for (const name of readdirSync(host)) {
    if (!["a", "b", "c"].includes(name)) continue;
    const text = readFileSync(join(host, name), "utf8");
    expect([old, recent]).toContain(text);
  }
}
