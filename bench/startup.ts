import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { type Bench, type Part, number } from "./measure/bench.ts";
import { median, scaledTo, timeOf } from "./measure/statistics.ts";

const program = new URL("../dist/main.js", import.meta.url).pathname;
const component = new URL("../test/guests/preview2/direct-0.2.12.wasm", import.meta.url).pathname;

/** Commands that each start a process; the first is Node.js itself. */
const commands = [
  { label: "node -e 0", args: () => ["-e", "0"] },
  {
    label: "rewindfs run, a small component",
    args: (journal: string) => [program, "run", "-j", journal, component, "write-read"],
  },
  {
    label: "rewindfs run python -c pass",
    args: (journal: string) => [program, "run", "-j", journal, "python", "-c", "pass"],
  },
  {
    label: "rewindfs log, a small journal",
    args: (journal: string) => [program, "log", "-j", journal],
  },
] as const;

/** Whole commands as a shell would start them, the component translated before. */
export const part: Part = {
  title: "Startup: whole processes, milliseconds",

  async run(bench) {
    if (!existsSync(program)) {
      bench.say("Not measured: dist/ is not there. `npm run build` makes it.");
      return;
    }
    const rounds = bench.amount(9, 1);
    const times = await bench.within((folder) => {
      const journal = join(folder, "small.db");
      const start = (args: readonly string[]) => run(args, join(folder, "cache"));
      // Translates the component, and leaves a journal to look at.
      for (const { args } of commands.slice(1)) start(args(journal));
      const found = commands.map((): number[] => []);
      for (let round = 0; round < rounds; round += 1) {
        commands.forEach(({ label, args }, index) => {
          bench.progress(`startup: round ${round + 1} of ${rounds}, ${label}`);
          const used = label.includes(" run ") ? join(folder, `${round}-${index}.db`) : journal;
          found[index]?.push(timeOf(() => start(args(used))));
        });
      }
      return found.map(median);
    });
    report(bench, times);
    bench.say();
    bench.say(`Medians of ${rounds} rounds.`);
    const [bare = 0, small = 0, python = 0, log = 0] = times;
    bench.bar({
      what: "a cached small component, less bare Node.js",
      measured: small - bare,
      bound: { atMost: scaledTo(bare, 200) },
      unit: "ms",
    });
    bench.bar({
      what: "cached CPython, -c pass, less bare Node.js",
      measured: python - bare,
      bound: { atMost: scaledTo(bare, 420) },
      unit: "ms",
    });
    bench.bar({
      what: "rewindfs log on a small journal",
      measured: log,
      bound: { atMost: scaledTo(bare, 120) },
      unit: "ms",
    });
  },
};

function report(bench: Bench, times: readonly number[]): void {
  bench.table(
    ["", "ms", "less bare node"],
    commands.map(({ label }, index) => {
      const time = times[index] ?? Number.NaN;
      return [label, number(time), number(time - (times[0] ?? 0))];
    }),
  );
}

function run(args: readonly string[], cache: string): void {
  const { status, stderr } = spawnSync(process.execPath, args, {
    env: { ...process.env, XDG_CACHE_HOME: cache },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${args.join(" ")}: exit code ${status}\n${stderr}`);
}
