import { spawnSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { openWriter } from "../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../src/fs/index.ts";
import { exportDirectory, importDirectory } from "../src/host/index.ts";
import { type Bench, type Part, number } from "./measure/bench.ts";
import { median, timeOf } from "./measure/statistics.ts";

/** Milliseconds. */
interface Times {
  readonly copy: number;
  readonly import: number;
  readonly export: number;
}

interface Kind {
  readonly label: "small files" | "large files";
  /** Files, or megabytes. */
  readonly amount: number;
  readonly unit: string;
  readonly atLeast: number;
  readonly fill: (folder: string) => void;
}

const memory = "/dev/shm";
/** Bytes that the measurements take there. */
const mostMemory = 4e9;

/** Host directories in and out, beside a plain copy of the same files by node:fs in the same place. */
export const part: Part = {
  title: "Import and export",

  async run(bench) {
    const rounds = bench.amount(3, 1);
    const files = bench.amount(20_000, 500);
    const megabytes = bench.amount(256, 8);
    const kinds = [
      {
        label: "small files",
        amount: files,
        unit: "files a second",
        atLeast: 20_000,
        fill: (folder) => fillSmall(folder, files),
      },
      {
        label: "large files",
        amount: megabytes,
        unit: "MB a second",
        atLeast: 300,
        fill: (folder) => fillLarge(folder, megabytes),
      },
    ] as const satisfies readonly Kind[];
    const onDisk = await bench.within((folder) => measureAll(bench, folder, kinds, rounds));
    const inMemory = hasMemory() ? measureInMemory(bench, kinds, rounds) : undefined;

    const places = { disk: onDisk, ...(inMemory === undefined ? {} : { memory: inMemory }) };
    bench.table(
      ["a second", "plain copy", "import", "export"],
      Object.entries(places).flatMap(([place, measured]) =>
        kinds.map((kind, index) => rowOf(`${kind.label}, ${place}`, kind, measured[index] ?? [])),
      ),
    );
    bench.say();
    bench.say(
      `Small: ${files} files of 100 to 1,000 bytes, 100 in a directory. Large: ${megabytes} MB of random bytes in 4 files.`,
    );
    bench.say(
      `Medians of ${rounds} rounds; import into an empty journal, as the command does it. Memory: ${inMemory === undefined ? "not measured, there is too little of it" : memory}.`,
    );
    const [small, large] = kinds;
    for (const [index, kind] of kinds.entries()) {
      barOf(bench, kind, "import", "disk", onDisk[index] ?? []);
    }
    // The disk's speed is not ours to promise: only that we add little.
    bench.bar({
      what: `export of ${small.label}, disk, against the plain copy beside it`,
      measured: median((onDisk[0] ?? []).map((times) => times.copy / times.export)),
      bound: { atLeast: 0.9 },
      unit: "times its speed",
    });
    barOf(bench, large, "export", "disk", onDisk[1] ?? []);
    if (inMemory === undefined) return;
    for (const [index, kind] of kinds.entries()) {
      barOf(bench, kind, "export", "memory", inMemory[index] ?? []);
    }
  },
};

function rowOf(label: string, { amount }: Kind, rounds: readonly Times[]): string[] {
  const speed = (way: keyof Times) =>
    number(median(rounds.map((times) => perSecond(amount, times[way]))));
  return [label, speed("copy"), speed("import"), speed("export")];
}

function barOf(
  bench: Bench,
  { label, amount, unit, atLeast }: Kind,
  way: "import" | "export",
  place: "disk" | "memory",
  rounds: readonly Times[],
): void {
  bench.bar({
    what: `${way} of ${label}, ${place}`,
    measured: median(rounds.map((times) => perSecond(amount, times[way]))),
    bound: { atLeast },
    unit,
  });
}

function perSecond(amount: number, milliseconds: number): number {
  return (amount / milliseconds) * 1_000;
}

function hasMemory(): boolean {
  if (!existsSync(memory)) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= mostMemory;
}

function measureInMemory(
  bench: Bench,
  kinds: readonly Kind[],
  rounds: number,
): readonly (readonly Times[])[] {
  const folder = mkdtempSync(join(memory, "rewindfs-bench-"));
  try {
    return measureAll(bench, folder, kinds, rounds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Measures all before deleting anything: for half a minute ext4 does not reuse the place of a deleted file, and checks
 * each such place first.
 */
function measureAll(
  bench: Bench,
  folder: string,
  kinds: readonly Kind[],
  rounds: number,
): readonly (readonly Times[])[] {
  return kinds.map((kind) =>
    Array.from({ length: rounds }, (_, round) => {
      bench.progress(`import: ${kind.label} in ${folder}, round ${round + 1} of ${rounds}`);
      const own = join(folder, `${kind.label} ${round}`);
      mkdirSync(own);
      return measure(own, kind, round % 2 === 0 ? "copy first" : "export first");
    }),
  );
}

function measure(folder: string, { fill }: Kind, order: "copy first" | "export first"): Times {
  const host = join(folder, "host");
  mkdirSync(host);
  fill(host);
  // Other pending writes must not be written during the measurement.
  spawnSync("sync");
  // Like the command: an import is acknowledged as a whole.
  const journal = openWriter(join(folder, "journal.db"), { durability: "batch" });
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  const imported = timeOf(() => {
    const { skipped } = importDirectory(fs, host, "/host");
    if (skipped > 0) throw new Error(`${skipped} paths were left out`);
  });
  const copying = () => timeOf(() => copyPlainly(host, join(folder, "copy")));
  const exporting = () => timeOf(() => exportDirectory(fs.tree, journal, join(folder, "exported")));
  const before = order === "copy first" ? copying() : undefined;
  const exported = exporting();
  const copied = before ?? copying();
  journal.close();
  return { copy: copied, import: imported, export: exported };
}

/** Copies as a script would: each file read whole and written whole, with no times kept. */
function copyPlainly(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyPlainly(source, target);
    else writeFileSync(target, readFileSync(source));
  }
}

function fillSmall(folder: string, files: number): void {
  const bytes = randomFillSync(Buffer.alloc(1_000));
  for (let index = 0; index < files; index += 1) {
    const directory = join(folder, `directory${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(directory);
    writeFileSync(join(directory, `file${index}`), bytes.subarray(index % 900));
  }
}

function fillLarge(folder: string, megabytes: number): void {
  const bytes = Buffer.alloc((megabytes * 1_000_000) / 4);
  for (let index = 0; index < 4; index += 1) {
    randomFillSync(bytes);
    writeFileSync(join(folder, `large${index}`), bytes);
  }
}
