import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";

import type { Durability } from "../../journal/index.ts";
import { Random, seedOf } from "../support/random.ts";
import { patience, scale } from "../support/scale.ts";
import { tried } from "../support/tried.ts";
import { Workplace } from "../run/support.ts";
import { acknowledged, expectKept, runChild } from "./survivors.ts";
import { callsToKillAt, testWhereTraced, traced } from "./traced.ts";

/** For each mode, how many are killed at random, and before which calls. */
const modes = [
  ["process", 1, [7]],
  ["batch", 1, [8]],
  ["power", 1, [12]],
] as const satisfies (readonly [Durability, number, readonly number[]])[];
const tracedTest = testWhereTraced();

test.each(modes)(
  "a run killed at any moment leaves what its durability promises: %s",
  { timeout: patience(20_000) },
  async (durability, kills) => {
    const seed = seedOf();
    const random = new Random(seed);
    using workplace = new Workplace();
    for (let kill = 0; kill < kills * scale; kill += 1) {
      const enough = random.pick([0, random.below(10), random.below(300), random.below(3_000)]);
      const said = await killedAfter(workplace, durability, enough);
      try {
        expectKept(workplace, durability, said);
      } catch (cause) {
        throw new Error(`seed ${seed}, kill ${kill}, after ${said} numbers`, { cause });
      }
      tried("kills of a run, at random", 1);
    }
  },
);

tracedTest.each(modes)(
  "a run killed before any call that changes a file leaves what its durability promises: %s",
  { timeout: patience(60_000) },
  (durability, _kills, calls) => {
    let kills = 0;
    for (const when of callsToKillAt(calls)) {
      using workplace = new Workplace();
      const program = [runChild, workplace.journal, durability, "40"];
      const injected = [program, [workplace.journal], "signal=KILL", String(when)] as const;
      const { stdout, killed, exit } = traced(...injected);
      try {
        expectKept(workplace, durability, acknowledged(stdout));
      } catch (cause) {
        throw new Error(`killed before call ${when}, having said ${stdout}`, { cause });
      }
      // If the guest's process was killed, its keeper says so.
      if (!killed && exit !== 125) break;
      kills += 1;
      tried("kills of a run, at a call", 1);
    }
    expect(kills).toBeGreaterThan(0);
  },
);

/** Runs the guest until it has printed so many numbers, kills it, and returns the last one. */
async function killedAfter(
  workplace: Workplace,
  durability: Durability,
  enough: number,
): Promise<number> {
  const running = spawn(process.execPath, [runChild, workplace.journal, durability], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let stdout = "";
  running.stdout.setEncoding("utf8");
  running.stdout.on("data", (text: string) => {
    stdout += text;
    if (acknowledged(stdout) >= enough) running.kill("SIGKILL");
  });
  const [, signal] = (await once(running, "close")) as [number | null, string | null];
  expect(signal).toBe("SIGKILL");
  return acknowledged(stdout);
}
