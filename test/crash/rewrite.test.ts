import { cpSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, expect } from "vitest";

import { openReader, verify } from "../../journal/index.ts";
import { openHistory } from "../../src/history/index.ts";
import { Workplace } from "../run/support.ts";
import { rewindfs, start } from "../support/screen/command.ts";
import { record } from "../support/journal.ts";
import { patience } from "../support/scale.ts";
import { tried } from "../support/tried.ts";
import { some } from "../support/some.ts";
import { callsToKillAt, testWhereTraced, traced } from "./traced.ts";

const tracedTest = testWhereTraced();

const secret = "a secret that nobody is to read";
const template = new Workplace();

beforeAll(() => {
  record(template.path("rewind.db"), (step) => {
    step.run("first", [], () => {
      step.write("/secret", secret);
      step.write("/gone", "to be forgotten ".repeat(40_000));
      step.remove("/gone");
    });
    step.journal.commit();
    step.run("second", [], () => step.write("/secret", "and more", secret.length));
  });
  return () => template[Symbol.dispose]();
});

const commands = {
  redact: { args: ["redact", "/secret"], removed: secret },
  gc: { args: ["gc", "--before", "run:1"], removed: "to be forgotten" },
};

tracedTest.each(Object.entries(commands))(
  "%s killed before any call that changes a file was done or not done, and is finished by another",
  { timeout: patience(120_000) },
  (_, { args, removed }) => {
    const calls = some([3, 14, 26, 45], 2);
    let kills = 0;
    for (const when of callsToKillAt(calls)) {
      using place = new Workplace();
      cpSync(template.folder, place.folder, { recursive: true });
      const file = place.path("rewind.db");
      const [, main] = start;
      const told = traced([main, "-j", file, ...args], [file], "signal=KILL", String(when));
      const isDone = readRuns(file) === 3;
      if (!told.killed) expect(told).toMatchObject({ exit: 0 });
      expect(verify(file)).toMatchObject({ ok: true });
      expect(now(file)).toBe(isDone && args[0] === "redact" ? redacted : secret + "and more");

      expect(rewindfs(place.folder, args)).toMatchObject({ exit: 0 });
      expect(readRuns(file)).toBe(3);
      expect(verify(file)).toMatchObject({ ok: true });
      expect(verify(file)).not.toHaveProperty("leftover");
      for (const name of readdirSync(place.folder).filter((one) => one.startsWith("rewind.db")))
        expect(readFileSync(place.path(name)).includes(removed), name).toBe(false);
      if (!told.killed) break;
      kills += 1;
      tried("kills of a command, at a call", 1);
    }
    expect(kills).toBeGreaterThan(0);
  },
);

const redacted = "[redacted][redacted][redacted][" + "[redacte";

function readRuns(file: string): number {
  const journal = openReader(file);
  try {
    return journal.runs().length;
  } finally {
    journal.close();
  }
}

function now(file: string): string {
  const journal = openReader(file);
  try {
    return new TextDecoder().decode(openHistory(journal).state("@").readFile("/secret"));
  } finally {
    journal.close();
  }
}
