import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { type Bench, type Part, number } from "../measure/bench.ts";
import { collect, mediansOf, newResults, ratios, runSystem } from "./runs.ts";
import { geometricMean } from "../measure/statistics.ts";

const systems = ["0.2", "0.3"] as const;

/** The same program as a component of WASI 0.2 and of 0.3, without the other systems of the part "guest". */
export const part: Part = {
  title: "Guest: the same component of WASI 0.2 and 0.3, microseconds per operation",
  run: compareVersions,
};

/** Runs bench/guest/component.c as a recorded guest of either version, in turns, and compares them. */
export async function compareVersions(bench: Bench): Promise<void> {
  const times = bench.amount(5_000, 200);
  const rounds = bench.amount(5, 1);
  const large = bench.amount(32, 2);
  const results = newResults();
  await bench.within(async (folder) => {
    for (let round = 0; round < rounds; round += 1) {
      for (const system of systems) {
        bench.progress(`guest: round ${round + 1} of ${rounds}, WASI ${system}`);
        const place = join(folder, `${system}-${round}`);
        mkdirSync(place);
        collect(results, system, await runSystem(system, place, [String(times), String(large)]));
      }
    }
  });
  const numbers = mediansOf(results.second);
  const quotients = ratios(numbers, "0.3", "0.2");
  const rows = [...(numbers.get("0.2")?.keys() ?? [])].map((operation, at) => [
    operation,
    ...systems.map((system) => number(numbers.get(system)?.get(operation) ?? Number.NaN)),
    number(quotients[at] ?? Number.NaN),
  ]);
  bench.table(["", "WASI 0.2", "WASI 0.3", "0.3/0.2"], rows);
  bench.say();
  bench.say(
    `Each operation ${times} times, large a MiB in writes of 64 KiB, ${large} times; in process; medians of ${rounds} rounds.`,
  );
  bench.say(
    "Bytes go through the streams of either; both record every mutation. First pass: 0.3 in",
  );
  bench.say(
    `${number(geometricMean(ratios(mediansOf(results.first), "0.3", "0.2")))} times the time of 0.2.`,
  );
  bench.bar({
    what: "a guest's operations on WASI 0.3, geometric mean against the same program on 0.2",
    measured: geometricMean(quotients),
    bound: { atMost: 2 },
    unit: "times its time",
  });
}
