import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";

import { type Durability, openReader } from "../../journal/index.ts";
import { Random, seedOf } from "../support/random.ts";
import { patience, scale } from "../support/scale.ts";
import { disk } from "../support/temporary.ts";
import { tried } from "../support/tried.ts";
import { some } from "../support/some.ts";
import { Workplace } from "../run/support.ts";
import { acknowledged, expectKept, runChild } from "./survivors.ts";
import { callsToKillAt, testWhereTraced, traced } from "./traced.ts";

/** For each mode, how many are killed at random, and before which calls; "third" is a guest of WASI 0.3. */
const modes = [
  ["process", "files", 1, [7]],
  ["process", "third", 1, [9]],
  ["batch", "files", 1, [8]],
  ["power", "files", 1, [12]],
] as const satisfies (readonly [Durability, Guest, number, readonly number[]])[];
type Guest = "files" | "third";
const tracedTest = testWhereTraced();

test.each(some(modes, 2))(
  "a run killed at any moment leaves what its durability promises: %s, %s",
  { timeout: patience(20_000) },
  async (durability, guest, kills) => {
    const seed = seedOf();
    const random = new Random(seed);
    using workplace = new Workplace(disk);
    for (let kill = 0; kill < kills * scale; kill += 1) {
      const enough = random.pick([0, random.below(10), random.below(300), random.below(3_000)]);
      const said = await killedAfter(workplace, durability, guest, enough);
      try {
        expectKept(workplace, durability, said);
      } catch (cause) {
        throw new Error(`seed ${seed}, kill ${kill}, after ${said} numbers`, { cause });
      }
      tried("kills of a run, at random", 1);
    }
  },
);

tracedTest.each(some(modes, 2))(
  "a run killed before any call that changes a file leaves what its durability promises: %s, %s",
  { timeout: patience(60_000) },
  (durability, guest, _kills, calls) => {
    let kills = 0;
    for (const when of callsToKillAt(calls)) {
      using workplace = new Workplace(disk);
      const program = [runChild, workplace.journal, durability, "40", guest];
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

test.each(
  some([
    ["files", "process", 1],
    ["third", "process", 1],
    // Its process holds the last ones by then, but says nothing before the log has them.
    ["files", "batch", 8_000],
  ] as const),
)(
  "a guest whose own process is killed leaves what it had acknowledged, and its run an end: %s, %s, after %i numbers",
  { timeout: patience(30_000) },
  async (guest, durability, enough) => {
    using workplace = new Workplace(disk);
    const args = [runChild, workplace.journal, durability, "0", guest];
    const running = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let stdout = "";
    running.stdout.setEncoding("utf8");
    running.stdout.on("data", (text: string) => {
      const isOver = acknowledged(stdout) >= enough;
      stdout += text;
      if (isOver || acknowledged(stdout) < enough) return;
      for (const child of childrenOf(running.pid)) process.kill(child, "SIGKILL");
    });
    const [exit] = (await once(running, "close")) as [number | null];
    expect(exit).toBe(125);
    expectKept(workplace, "process", acknowledged(stdout));
    const journal = openReader(workplace.journal);
    const [run] = journal.runs();
    journal.close();
    expect(run?.end).toMatchObject({
      exit: 125,
      reason: expect.stringContaining("ended without a word (SIGKILL)"),
    });
  },
);

/** The processes that a process has started, by any of its threads. */
function childrenOf(pid: number | undefined): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const lists = threads.map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1"),
  );
  return lists.join(" ").split(" ").filter(Boolean).map(Number);
}

/** Runs the guest until it has printed so many numbers, kills it, and returns the last one. */
async function killedAfter(
  workplace: Workplace,
  durability: Durability,
  guest: Guest,
  enough: number,
): Promise<number> {
  const running = spawn(process.execPath, [runChild, workplace.journal, durability, "0", guest], {
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
