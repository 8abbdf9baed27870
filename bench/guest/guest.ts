import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { type Bench, type Part, number } from "../measure/bench.ts";
import { type Numbers, collect, mediansOf, newResults, ratios, runSystem } from "./runs.ts";
import { compareReading } from "./reading.ts";
import { compareVersions } from "./versions.ts";
import { compareWriting } from "./writing.ts";
import { geometricMean } from "../measure/statistics.ts";

/** Systems of system.ts, with the number of times each operation runs. */
const systems = [
  { name: "process", label: "process" },
  { name: "batch", label: "batch" },
  { name: "power", label: "power" },
  { name: "node-wasi", label: "node:wasi" },
  { name: "stock-shim", label: "stock shim" },
] as const;

const built = new URL("../../dist/index.js", import.meta.url);

/**
 * The same program, bench/guest/operations.c, on each filesystem, each time in a process and a directory of its own.
 */
export const part: Part = {
  title: "Guest: a preview 1 program, microseconds per operation",

  async run(bench) {
    if (!existsSync(built)) {
      bench.say("Not measured: dist/ is not there. `npm run build` makes it.");
      return;
    }
    const times = bench.amount(5_000, 200);
    const rounds = bench.amount(5, 1);
    const large = bench.amount(32, 2);
    // Each of its mutations waits for the disk.
    const power = { times: times / 25, large: 2, rounds: Math.min(rounds, 2) };
    const results = newResults();
    // Nothing is deleted before all is measured: some disks make new files slower afterwards.
    await bench.within(async (folder) => {
      for (let round = 0; round < rounds; round += 1) {
        for (const { name, label } of systems) {
          const amount = name === "power" ? power : { times, large, rounds };
          if (round >= amount.rounds) continue;
          bench.progress(`guest: round ${round + 1} of ${rounds}, ${label}`);
          const place = join(folder, `${name}-${round}`);
          mkdirSync(place);
          collect(
            results,
            name,
            await runSystem(name, place, [String(amount.times), String(amount.large)]),
          );
        }
      }
    });
    const first = mediansOf(results.first);
    const numbers = mediansOf(results.second);
    report(bench, numbers);
    bench.say();
    bench.say(
      `Each operation ${times} times, large a MiB in writes of 64 KiB, ${large} times; medians of ${rounds} rounds`,
    );
    bench.say(
      `(power ${power.times} times, ${power.large} MiB, ${power.rounds} rounds: it waits for the disk at each mutation).`,
    );
    bench.say(
      "process, batch and power record every mutation; the others record nothing. All but the",
    );
    bench.say(
      "stock shim run the module as it is; for that one it is made a component (adapter, jco).",
    );
    bench.say(
      "The program does all of it twice. Above is the second time; the first, in which the engine",
    );
    bench.say("still compiles what it runs, beside the program and on the same processors, took");
    for (const system of ["batch", "process"] as const)
      bench.say(
        `${number(geometricMean(ratios(first, system, "node-wasi")))} times the time of node:wasi in ${system}, a ${number(geometricMean(ratios(first, "stock-shim", system)))}th of the stock shim's.`,
      );
    for (const [system, bound] of [
      ["batch", 0.9],
      ["process", 1],
    ] as const) {
      bench.bar({
        what: `a guest's operations in ${system}, geometric mean against node:wasi`,
        measured: geometricMean(ratios(numbers, system, "node-wasi")),
        bound: { atMost: bound },
        unit: "times its time",
      });
    }
    for (const [system, bound] of [
      ["batch", 20],
      ["process", 8],
    ] as const) {
      bench.bar({
        what: `a guest's operations in ${system}, geometric mean against preview2-shim's filesystem`,
        measured: geometricMean(ratios(numbers, "stock-shim", system)),
        bound: { atLeast: bound },
        unit: "times faster",
      });
    }
    bench.say();
    const reading = await compareReading(bench);
    bench.say();
    const writing = await compareWriting(bench);
    bench.say();
    for (const [system, bound] of [
      ["batch", 0.8],
      ["process", 1],
    ] as const) {
      const all = [...ratios(numbers, system, "node-wasi"), ...reading, ...writing[system]];
      bench.bar({
        what: `a guest's operations, reads and writes in ${system}, geometric mean of all ${all.length} rows against node:wasi`,
        measured: geometricMean(all),
        bound: { atMost: bound },
        unit: "times its time",
      });
    }
    bench.say();
    await compareVersions(bench);
  },
};

function report(bench: Bench, numbers: Numbers): void {
  const operations = [...(numbers.get("process")?.keys() ?? [])];
  const rows = operations.map((operation, index) => [
    operation,
    ...systems.map(({ name }) => number(numbers.get(name)?.get(operation) ?? Number.NaN)),
    ...(["process", "batch"] as const).map((name) =>
      number(ratios(numbers, name, "node-wasi")[index] ?? Number.NaN),
    ),
  ]);
  const head = ["", ...systems.map(({ label }) => label), "process/node", "batch/node"];
  bench.table(head, rows);
}
