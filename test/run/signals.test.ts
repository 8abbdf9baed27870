import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";

import { besideEnds, openReader, verify } from "../../journal/index.ts";
import { start } from "../support/command.ts";
import { Workplace, guests } from "./support.ts";

const orders: readonly (readonly NodeJS.Signals[])[] = [
  ["SIGTERM", "SIGTERM"],
  ["SIGINT", "SIGINT", "SIGINT"],
  ["SIGHUP", "SIGTERM", "SIGINT", "SIGHUP"],
];

test.each(orders.map((order) => [order.join(", "), order] as const))(
  "signals end a busy guest, and its run is told to the end: %s",
  async (_, order) => {
    const signals = [...order];
    using workplace = new Workplace();
    const [program, main] = start;
    const child = spawn(
      program,
      [main, "run", "-j", workplace.journal, guests.files, "acknowledge"],
      {
        env: { PATH: process.env["PATH"], HOME: workplace.folder },
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
    const first = signals[0];
    const [exit] = (await once(child, "close")) as [number | null];

    expect(exit, said).toBe(first === "SIGINT" ? 130 : 143);
    expect(said).toMatch(/run 1: exit \d+ \(interrupted\).*\nhead [0-9a-f]{64}\n/);
    const journal = openReader(workplace.journal);
    expect(journal.runs().at(-1)?.end).toMatchObject({ exit, reason: "interrupted" });
    journal.close();
    expect(besideEnds.filter((end) => existsSync(workplace.journal + end))).toEqual([]);
    expect(verify(workplace.journal)).toMatchObject({ ok: true });
  },
);
