import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { besideEnds, openReader, verify } from "../../journal/index.ts";
import { compiled, start } from "../support/screen/command.ts";
import { some } from "../support/some.ts";
import { Workplace, guests } from "./support.ts";

const orders: readonly (readonly NodeJS.Signals[])[] = [
  ["SIGTERM", "SIGTERM"],
  ["SIGINT", "SIGINT", "SIGINT"],
  ["SIGHUP", "SIGTERM", "SIGINT", "SIGHUP"],
];

test.each(some(orders).map((order) => [order.join(", "), order] as const))(
  "signals end a busy guest, and its run is told to the end: %s",
  async (_, order) => {
    const signals = [...order];
    using workplace = new Workplace();
    const [program, main] = start;
    const child = spawn(
      program,
      [main, "run", "-j", workplace.journal, guests.files, "acknowledge"],
      {
        env: { PATH: process.env["PATH"], HOME: workplace.folder, ...compiled },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let said = "";
    child.stderr.on("data", (chunk) => (said += String(chunk)));
    let printed = "";
    child.stdout.on("data", (chunk) => {
      printed += String(chunk);
      if (printed.length > 1_000) for (const signal of signals.splice(0)) child.kill(signal);
    });
    const [exit, by] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];

    const expected = order[0] === "SIGINT" ? 130 : 143;
    // Once a run is at its end, signals are as for any program: a machine that stands still may bring a later one then.
    if (by === null) {
      expect(exit, said).toBe(expected);
      expect(said).toMatch(/run 1: exit \d+ \(interrupted\).*\nhead [0-9a-f]{64}\n/);
    } else expect(order.slice(1)).toContain(by);
    const journal = openReader(workplace.journal);
    expect(journal.runs().at(-1)?.end).toMatchObject({ exit: expected, reason: "interrupted" });
    journal.close();
    expect(besideEnds.filter((end) => existsSync(workplace.journal + end))).toEqual([]);
    expect(verify(workplace.journal)).toMatchObject({ ok: true });
  },
);

test("signals while a folder is imported end the import in its middle, with an end of its run, and what came in is whole", async () => {
  using workplace = new Workplace();
  const source = workplace.path("source");
  mkdirSync(source);
  for (let file = 0; file < 300; file += 1) writeFileSync(join(source, `${file}.txt`), "text");
  const [program, main] = start;
  const child = spawn(
    program,
    [main, "run", "-j", workplace.journal, "--dir", `${source}::/s`, guests.files, "acknowledge"],
    {
      env: { PATH: process.env["PATH"], HOME: workplace.folder, ...compiled },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  let said = "";
  child.stderr.on("data", (chunk) => (said += String(chunk)));
  const closed = once(child, "close");
  await new Promise<void>((resolve) => {
    const watcher = watch(workplace.folder, (_, name) => {
      if (name === null || !name.startsWith("journal.db")) return;
      watcher.close();
      resolve();
    });
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) child.kill(signal);
  const [exit] = (await closed) as [number | null];

  expect([130, 143], said).toContain(exit);
  expect(said).toMatch(/interrupted/);
  const journal = openReader(workplace.journal);
  const runs = journal.runs();
  expect(runs.every(({ end }) => end !== undefined)).toBe(true);
  if (runs.length > 0) expect(said).toMatch(/^head [0-9a-f]{64}$/m);
  journal.close();
  expect(besideEnds.filter((end) => existsSync(workplace.journal + end))).toEqual([]);
  expect(verify(workplace.journal)).toMatchObject({ ok: true });
});
