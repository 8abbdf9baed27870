import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Depot } from "../src/fleet/client/index.ts";
import { type Bench, number } from "./measure/bench.ts";
import { percentile } from "./measure/statistics.ts";

const program = new URL("../dist/main.js", import.meta.url).pathname;

/** Writes files for some seconds, and says how long that took. */
const writing = `
import time
began = time.monotonic()
for at in range(COUNT):
    with open("/f%d" % (at % 1000), "w") as file:
        file.write("line %d" % at)
    if at % 20 == 0:
        sum(range(20000))
print(time.monotonic() - began)
`;

export interface ShippingWith {
  readonly folder: string;
  readonly token: string;
  /** The first processes of the depot and of its database. */
  readonly others: readonly number[];
}

/**
 * Measures how much longer a guest takes while its journal is sent. Depot and database are on another machine where that
 * matters: for the bar they take what guest, keeper and sender leave of this one. Beside it stands what it is where they
 * take as much as anybody.
 */
export async function shipping(
  bench: Bench,
  depot: Depot,
  { folder, token, others }: ShippingWith,
): Promise<void> {
  const what = "a guest's time while its journal is sent, to that without";
  const compare = (name: string, before: () => Promise<void>) =>
    inTurns(bench, depot.url, { folder: join(folder, name), token, before });
  const ratio = await compare("beside", () => Promise.resolve());
  bench.say(
    `${what}, where depot and database take the same processors: ${number(ratio)} times (no bar)`,
  );
  try {
    letLast(others);
  } catch (error) {
    return bench.say(`Without chrt the depot cannot stand behind: not measured. ${String(error)}`);
  }
  bench.bar({
    what: `${what}; depot and database take what that leaves (chrt --idle)`,
    measured: await compare("before", async () => {
      // The database has a process for each connection, and the depot closes those that it does not need.
      await Promise.all(Array.from({ length: 8 }, () => depot.journalsFrom()));
      letLast(others);
    }),
    bound: { atMost: 1.03 },
    unit: "times",
  });
}

/** Runs a guest by itself, and while its journal is sent: in turns, so that the machine's mood falls on both. */
async function inTurns(
  bench: Bench,
  url: string,
  {
    folder,
    token,
    before,
  }: Pick<ShippingWith, "folder" | "token"> & { readonly before: () => Promise<void> },
): Promise<number> {
  const script = writing.replace("COUNT", String(bench.amount(20_000, 5_000)));
  const secondsWith = (options: readonly string[], file: string): number => {
    const args = ["-j", join(folder, file), "run", "-q", ...options, "python", "-c", script];
    const out = execFileSync(process.execPath, [program, ...args], {
      env: { ...process.env, XDG_STATE_HOME: folder, REWINDFS_DEPOT_TOKEN: token },
      encoding: "utf8",
    });
    return Number(out);
  };
  mkdirSync(folder);
  const [alone, shipped]: [number[], number[]] = [[], []];
  const rounds = bench.amount(9, 1);
  const runAlone = (round: number) => alone.push(secondsWith([], `alone-${round}.db`));
  const runShipped = (round: number) =>
    shipped.push(secondsWith(["--ship", url], `shipped-${round}.db`));
  for (let round = 0; round < rounds; round++) {
    // The first of a pair finds another machine than the second.
    for (const run of round % 2 === 0 ? [runAlone, runShipped] : [runShipped, runAlone]) {
      await before();
      run(round);
    }
    bench.progress(`ran ${round + 1} of ${rounds} pairs`);
  }
  return percentile(shipped, 50) / percentile(alone, 50);
}

/** Lets processes and their children have only the processor time that nobody else wants. Throws Error without chrt. */
function letLast(firsts: readonly number[]): void {
  for (const pid of [...firsts, ...firsts.flatMap(childrenOf)])
    try {
      execFileSync("chrt", ["--idle", "--all-tasks", "--pid", "0", String(pid)], { stdio: "pipe" });
      // The kernel may share out processor time by sessions first.
      writeFileSync(`/proc/${pid}/autogroup`, "19");
    } catch (error) {
      const isMissing = error instanceof Error && "path" in error && error.path === "chrt";
      if (isMissing) throw error;
      // It has ended, or the kernel does not do so.
    }
}

function childrenOf(parent: number): number[] {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return numbers.map(Number).filter((pid) => {
    try {
      const [, above] = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      return Number(above) === parent;
    } catch {
      return false;
    }
  });
}
