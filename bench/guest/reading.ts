import { randomFillSync } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

import { openWriter } from "../../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../../src/fs/index.ts";
import { importDirectory } from "../../src/host/index.ts";
import { type Bench, type Part, number } from "../measure/bench.ts";
import { memoryOf } from "./memory.ts";
import { collect, mediansOf, newResults, runProgram } from "./runs.ts";

const systems = ["process", "node-wasi"] as const;
const program = new URL("./reads.wasm", import.meta.url).pathname;

/** Files by their names in MiB, of which those at random are read page by page, and one from end to end. */
const files = { random: [16, 64, 1024], sequential: 256 } as const;

const bars = { random: 3, sequential: 2 } as const;

/** Reads of files that were there before a guest's run, without the other operations of the part "guest". */
export const part: Part = {
  title: "Guest: reads of files that an import brought, microseconds per read",
  async run(bench) {
    await compareReading(bench);
  },
};

/**
 * Runs bench/guest/reads.c as a recorded guest and on node:wasi, in turns, and compares them. Returns the ratio of each
 * row.
 */
export async function compareReading(bench: Bench): Promise<number[]> {
  const rounds = bench.amount(5, 1);
  const times = bench.amount(20_000, 4_000);
  // A quick look reads files of a 16th.
  const scale = bench.amount(1, 1 / 16);
  const results = newResults();
  const memory = await bench.within(async (folder) => {
    const host = join(folder, "host");
    const journal = join(folder, "reads.db");
    mkdirSync(host);
    for (const size of [...files.random, files.sequential])
      makeFile(join(host, `${size}-MiB`), size * scale);
    importAll(journal, host);
    const names = files.random.map((size) => `${size}-MiB`);
    const args = [String(times), `${files.sequential}-MiB`, ...names];
    for (let round = 0; round < rounds; round += 1) {
      for (const system of systems) {
        bench.progress(`guest: round ${round + 1} of ${rounds}, reads on ${system}`);
        const place = system === "process" ? journal : host;
        collect(results, system, await runProgram(system, program, place, args));
      }
    }
    bench.progress("guest: memory of one that reads");
    const [small = "", , large = ""] = names;
    return memoryOf("process", program, journal, ["0", large, small]);
  });
  const [first, second] = [mediansOf(results.first), mediansOf(results.second)];
  const time = (numbers: typeof first, system: string, row: string) =>
    numbers.get(system)?.get(row) ?? Number.NaN;
  const rows = [...(second.get("process")?.keys() ?? [])].map((row) => {
    const ratio = time(second, "process", row) / time(second, "node-wasi", row);
    const earlier = time(first, "process", row) / time(first, "node-wasi", row);
    return { row, ratio, earlier };
  });
  bench.table(
    ["", "rewindfs", "node:wasi", "rewindfs/node", "first pass/node"],
    rows.map(({ row, ratio, earlier }) => [
      row,
      ...systems.map((system) => number(time(second, system, row))),
      number(ratio),
      number(earlier),
    ]),
  );
  bench.say();
  bench.say(
    `Random: ${times} reads of 4 KiB each, of a file of so much; sequential: all of a file of ${files.sequential * scale} MiB, in`,
  );
  bench.say(
    `reads of so much; half of each page compresses. In process; medians of ${rounds} rounds. The program does all`,
  );
  bench.say(
    "of it twice. First pass, against that of node:wasi, whose files are in memory: each segment of the tape",
  );
  bench.say("comes out of the journal's file once.");
  for (const { row, ratio } of rows) {
    const bound = row.startsWith("random") ? bars.random : bars.sequential;
    bench.bar({
      what: `a guest's reads, ${row}, against node:wasi`,
      measured: ratio,
      bound: { atMost: bound },
      unit: "times its time",
    });
  }
  const read = (6 * 1024 * scale) / 1024;
  if (memory !== undefined)
    bench.bar({
      what: `a guest that reads ${number(read)} GiB from end to end, all its processes at their peaks`,
      measured: memory,
      bound: { atMost: 450 },
      unit: "MiB resident",
    });
  return rows.map(({ ratio }) => ratio);
}

/** Makes a file of which each page begins with its number, is random in its first half, and the same in the other. */
function makeFile(path: string, mebibytes: number): void {
  const piece = Buffer.alloc(mebibyte, "The second half of each page.\n");
  for (let at = 0; at < mebibyte; at += pageBytes) randomFillSync(piece, at, pageBytes / 2);
  const file = openSync(path, "wx");
  try {
    for (let at = 0; at < mebibytes * mebibyte; at += mebibyte) {
      for (let within = 0; within < mebibyte; within += pageBytes)
        piece.writeUInt32LE((at + within) / pageBytes, within);
      writeSync(file, piece);
    }
  } finally {
    closeSync(file);
  }
}

const mebibyte = 1024 * 1024;
const pageBytes = 4096;

function importAll(journal: string, host: string): void {
  const writer = openWriter(journal, { durability: "batch" });
  try {
    const fs = new FileSystem({ journal: writer, tree: emptyTree(), limits: profiles.default });
    importDirectory(fs, host, "/");
  } finally {
    writer.close();
  }
}
