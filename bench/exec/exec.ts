import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Bench, type Part, number } from "../measure/bench.ts";
import { geometricMean, median, timeOf } from "../measure/statistics.ts";
import { type Material, makeMaterial } from "./material.ts";
import { type System, childrenSeconds, missing, systems } from "./systems.ts";

const program = new URL("../../dist/main.js", import.meta.url).pathname;
/** The one that the bars are about. */
const rival = "fuse-overlayfs";

/** A program of C and whole jobs on a journal, on filesystems that record nothing, and under a tracer. */
export const part: Part = {
  title: "Native programs: microseconds per operation, milliseconds per job",

  async run(bench) {
    if (!existsSync(program)) {
      bench.say("Not measured: dist/ is not there. `npm run build` makes it.");
      return;
    }
    const there = systems.filter((system) => {
      const why = missing(system);
      if (why !== undefined) bench.say(why);
      return why === undefined;
    });
    const why = await bench.within(whyNotServed);
    if (why !== undefined) {
      bench.say(`Not measured: ${why}`);
      return;
    }
    await bench.within(async (folder) => {
      const tools = join(folder, "tools");
      mkdirSync(tools);
      const material = makeMaterial(tools, bench.amount(5_000, 200), bench.amount(60, 3));
      const found = await measure(bench, there, material, folder);
      report(bench, there, found);
      if (there.some(({ name }) => name === rival)) judge(bench, found);
      else bench.say(`There are no bars without ${rival}: install it (apt install ${rival}).`);
    });
    bench.say();
    await start(bench);
  },
};

/** Returns what keeps the kernel from being served here; undefined if nothing does. */
function whyNotServed(folder: string): string | undefined {
  const args = [program, "exec", "-q", "--no-dir", "--isolation", "required", "--", "true"];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  return status === 0 ? undefined : stderr.trim();
}

interface Found {
  /** Nanoseconds by operation or job, and by system, one for each round. */
  readonly times: Map<string, Map<string, number[]>>;
  /** Seconds of processor time by system, of its server and the programs together, one for each round. */
  readonly processor: Map<string, number[]>;
  /** Most bytes that a process of ours held. */
  mostBytes: number;
}

async function measure(
  bench: Bench,
  there: readonly System[],
  material: Material,
  folder: string,
): Promise<Found> {
  const found: Found = { times: new Map(), processor: new Map(), mostBytes: 0 };
  const rounds = bench.amount(3, 1);
  const { operations, jobs } = material;
  const scripts = [
    `${operations} ${bench.amount(3_000, 100)}`,
    jobs.map(({ name, script }) => `${operations} ${name} '${script}'`).join("\n"),
  ];
  for (let round = 0; round < rounds; round += 1)
    for (const system of there) {
      const before = childrenSeconds();
      for (const script of scripts) {
        bench.progress(`exec: round ${round + 1} of ${rounds}, ${system.name}`);
        const place = mkdtempSync(join(folder, `${system.name}-`));
        const { stdout, mostBytes } = await system.run(place, script, material.folder);
        for (const line of stdout.trimEnd().split("\n")) add(found, system.name, line);
        if (isOurs(system.name)) found.mostBytes = Math.max(found.mostBytes, mostBytes);
      }
      const spent = childrenSeconds() - before;
      found.processor.set(system.name, [...(found.processor.get(system.name) ?? []), spent]);
    }
  return found;
}

function add({ times }: Found, system: string, line: string): void {
  const [operation = "", nanoseconds = ""] = line.split(" ");
  const ofSystems = times.get(operation) ?? new Map<string, number[]>();
  times.set(operation, ofSystems);
  ofSystems.set(system, [...(ofSystems.get(system) ?? []), Number(nanoseconds)]);
}

function report(bench: Bench, there: readonly System[], { times, processor }: Found): void {
  const names = there.map(({ name }) => name);
  const rows = [...times].map(([operation, ofSystems]) => {
    const unit = long.has(operation) ? 1e6 : 1e3;
    const label = `${operation}${unit === 1e6 ? ", ms" : ""}`;
    return [label, ...names.map((name) => number(median(ofSystems.get(name) ?? []) / unit))];
  });
  const spent = names.map((name) => number(median(processor.get(name) ?? [])));
  bench.table(["", ...names], [...rows, ["processor time of all, s", ...spent]]);
  bench.say();
  const rivals = names.filter((name) => !isOurs(name));
  bench.table(
    ["geometric mean against", ...rivals],
    names
      .filter(isOurs)
      .map((ours) => [ours, ...rivals.map((name) => number(against(times, ours, name)))]),
  );
  bench.say();
}

/** Operations that take milliseconds. */
const long: ReadonlySet<string> = new Set([
  "readdir-10000",
  "untar",
  "git-status",
  "git-status-again",
  "make",
]);

function judge(bench: Bench, { times, mostBytes }: Found): void {
  for (const [ours, atMost] of [
    ["batch", 1],
    ["process", 1.3],
  ] as const)
    bench.bar({
      what: `exec in ${ours}, geometric mean against ${rival}`,
      measured: against(times, ours, rival),
      bound: { atMost },
      unit: "times its time",
    });
  bench.bar({
    what: "memory of exec through all of it",
    measured: mostBytes / 1024 / 1024,
    bound: { atMost: 400 },
    unit: "MiB",
  });
}

function isOurs(name: string): boolean {
  return name === "batch" || name === "process";
}

function against(times: Found["times"], ours: string, other: string): number {
  return geometricMean(
    [...times.values()].map(
      (ofSystems) => median(ofSystems.get(ours) ?? []) / median(ofSystems.get(other) ?? []),
    ),
  );
}

/** Measures the first start on a large folder, and a later one. */
async function start(bench: Bench): Promise<void> {
  const rounds = bench.amount(3, 1);
  const files = bench.amount(100_000, 5_000);
  const times = await bench.within((folder) => {
    const large = join(folder, "large");
    fill(large, files);
    const found = { bare: [] as number[], first: [] as number[], later: [] as number[] };
    const spent = { bare: [] as number[], first: [] as number[], later: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      bench.progress(`exec: start ${round + 1} of ${rounds}`);
      const journal = join(folder, `start-${round}.db`);
      const once = () => command(large, [program, "exec", "-q", "-j", journal, "--", "true"]);
      const works = {
        bare: () => command(large, ["-e", "0"]),
        first: once,
        later: once,
      };
      for (const name of ["bare", "first", "later"] as const) {
        const before = childrenSeconds();
        found[name].push(timeOf(works[name]));
        spent[name].push((childrenSeconds() - before) * 1_000);
      }
    }
    const both = (name: keyof typeof found) => [median(found[name]), median(spent[name])] as const;
    return { bare: both("bare"), first: both("first"), later: both("later") };
  });
  bench.table(
    [`exec -- true on ${files.toLocaleString("en-US")} files`, "ms", "processor time, ms"],
    [
      ["node -e 0", ...times.bare.map(number)],
      ["the first time", ...times.first.map(number)],
      ["again", ...times.later.map(number)],
    ],
  );
  bench.say();
  bench.bar({
    what: `the first exec -- true on a folder of ${files.toLocaleString("en-US")} files`,
    measured: times.first[0],
    bound: { atMost: Math.round((1_000 * times.bare[0]) / 30) },
    unit: "ms",
  });
}

function command(cwd: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")}: exit ${status}\n${stderr}`);
}

function fill(folder: string, files: number): void {
  for (let index = 0; index < files; index += 1) {
    const directory = join(folder, `d${Math.floor(index / 2_000)}`, `e${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `file-${index}.txt`), `file ${index}\n`);
  }
}
