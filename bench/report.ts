import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { type Bench, type Part, number } from "./measure/bench.ts";
import { recorded } from "./million.ts";
import { bareNode, scaledTo } from "./measure/statistics.ts";

const program = new URL("../dist/main.js", import.meta.url).pathname;

/** Measures the time and memory that a report and a search for findings take. */
export const part: Part = {
  title: "Report and findings: a journal of a million events",

  async run(bench) {
    if (!existsSync(program)) throw new Error("dist/ is not there: `npm run build` makes it");
    const file = recorded(bench);
    const bare = bareNode(bench.amount(9, 3));
    bench.say(
      `node -e 0 takes ${number(bare)} ms here; bars in seconds are for a machine where it takes 30, and scaled.`,
    );
    await bench.within(async (folder) => {
      const page = join(folder, "report.html");
      const works = { report: ["report", "--force", page], findings: ["findings"] };
      const rows: string[][] = [];
      for (const [work, args] of Object.entries(works)) {
        bench.progress(work);
        const { elapsed, seconds, mebibytes, said } = await run(["-j", file, ...args]);
        rows.push([work, number(elapsed), number(seconds), number(mebibytes)]);
        bench.say(`${work}: ${said.trim().replaceAll("\n", "; ").replaceAll(folder, "")}`);
        barsOf(bench, work, { elapsed, seconds, mebibytes, bare });
      }
      bench.table(
        ["of a million events", "until it ends, s", "processor time, s", "most memory, MB"],
        rows,
      );
    });
  },
};

interface Measured {
  /** Seconds from the start of the program to its end. */
  readonly elapsed: number;
  /** Seconds of processor time, of all threads. */
  readonly seconds: number;
  readonly mebibytes: number;
}

function barsOf(
  bench: Bench,
  work: string,
  { elapsed, seconds, mebibytes, bare }: Measured & { bare: number },
) {
  bench.bar({
    what: `time until ${work} ends`,
    measured: elapsed,
    bound: { atMost: scaledTo(bare, 20) },
    unit: "s",
  });
  bench.bar({
    what: `processor time of ${work}`,
    measured: seconds,
    bound: { atMost: scaledTo(bare, 20) },
    unit: "s",
  });
  bench.bar({
    what: `memory of ${work}`,
    measured: mebibytes,
    bound: { atMost: 500 },
    unit: "MB",
  });
}

/** Runs a command in a process that tells at its end what it took, threads included. */
async function run(args: readonly string[]): Promise<Measured & { readonly said: string }> {
  const told = `process.on("exit", () => { const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage(); require("node:fs").writeSync(3, JSON.stringify([userCPUTime + systemCPUTime, maxRSS])); });`;
  const start = performance.now();
  const child: ChildProcess = spawn(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(inModule(told))}`, program, ...args],
    { stdio: ["ignore", "ignore", "pipe", "pipe"] },
  );
  const texts = ["", ""];
  for (const [index, stream] of [child.stderr, child.stdio[3]].entries())
    stream?.on("data", (bytes: Buffer) => (texts[index] += bytes.toString()));
  await once(child, "close");
  const elapsed = (performance.now() - start) / 1_000;
  const [said = "", numbers = ""] = texts;
  const [micros = 0, kibibytes = 0]: readonly number[] = JSON.parse(numbers);
  return { elapsed, seconds: micros / 1e6, mebibytes: kibibytes / 1024, said };
}

function inModule(script: string): string {
  return `import { createRequire } from "node:module"; const require = createRequire("${import.meta.url}"); ${script}`;
}
