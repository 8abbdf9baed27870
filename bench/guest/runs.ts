import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { median } from "../measure/statistics.ts";

/** Runs the program on one of the systems of system.ts, in that folder. Returns its output. */
export async function runSystem(
  system: string,
  folder: string,
  args: readonly string[],
): Promise<string> {
  const script = new URL("./system.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", script, system, folder, ...args],
    { cwd: folder },
  );
  return stdout;
}

/** Runs a program of preview 1 on one of the systems of program-on.ts, in that place. Returns its output. */
export async function runProgram(
  system: string,
  program: string,
  place: string,
  args: readonly string[],
): Promise<string> {
  const script = new URL("./program-on.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    script,
    system,
    program,
    place,
    ...args,
  ]);
  return stdout;
}

type Pass = "first" | "second";
/** Microseconds of each run, by pass, system and operation. */
export type Results = Readonly<Record<Pass, Map<string, Map<string, number[]>>>>;

export function newResults(): Results {
  return { first: new Map(), second: new Map() };
}

/** Adds the lines that a program printed: "PASS OPERATION NANOSECONDS". */
export function collect(results: Results, system: string, text: string): void {
  for (const line of text.trim().split("\n")) {
    const [pass = "", operation = "", nanoseconds = ""] = line.split(" ");
    const all = results[pass === "first" ? "first" : "second"];
    const ofSystem = all.get(system) ?? new Map<string, number[]>();
    all.set(system, ofSystem);
    ofSystem.set(operation, [...(ofSystem.get(operation) ?? []), Number(nanoseconds) / 1_000]);
  }
}

/** Medians, by system and operation. */
export type Numbers = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function mediansOf(results: Results[Pass]): Numbers {
  return new Map(
    [...results].map(
      ([system, all]) =>
        [
          system,
          new Map([...all].map(([operation, values]) => [operation, median(values)])),
        ] as const,
    ),
  );
}

/** Returns, for each operation, the time of `system` divided by that of `other`. */
export function ratios(numbers: Numbers, system: string, other: string): number[] {
  return [...(numbers.get(system) ?? [])].map(
    ([operation, time]) => time / (numbers.get(other)?.get(operation) ?? Number.NaN),
  );
}
