import { randomFillSync } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openWriter } from "../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../src/fs/index.ts";
import { exportDirectory, importDirectory } from "../src/host/index.ts";
import { type Part, number } from "./bench.ts";
import { median, timeOf } from "./statistics.ts";

/** Milliseconds. */
interface Times {
  readonly copy: number;
  readonly import: number;
  readonly export: number;
}

/** Host directories in and out, beside a plain copy of the same files by node:fs on the same disk. */
export const part: Part = {
  title: "Import and export",

  async run(bench) {
    const rounds = bench.amount(3, 1);
    const files = bench.amount(20_000, 500);
    const megabytes = bench.amount(256, 8);
    const measured = async (label: string, fillHost: (folder: string) => void) => {
      const all: Times[] = [];
      for (let round = 0; round < rounds; round += 1) {
        bench.progress(`import: round ${round + 1} of ${rounds}, ${label}`);
        all.push(await bench.within((folder) => measure(folder, fillHost)));
      }
      const at = (which: keyof Times) => median(all.map((times) => times[which]));
      return { copy: at("copy"), import: at("import"), export: at("export") };
    };
    const small = await measured("small files", (folder) => fillSmall(folder, files));
    const large = await measured("large files", (folder) => fillLarge(folder, megabytes));

    const perSecond = (amount: number, milliseconds: number) => (amount / milliseconds) * 1_000;
    const row = (label: string, amount: number, times: Times) => [
      label,
      ...[times.copy, times.import, times.export].map((time) => number(perSecond(amount, time))),
    ];
    bench.table(
      ["", "plain copy", "import", "export"],
      [
        row("files a second, small files", files, small),
        row("MB a second, large files", megabytes, large),
      ],
    );
    bench.say();
    bench.say(
      `Small: ${files} files of 100 to 1,000 bytes, 100 in a directory. Large: ${megabytes} MB of random bytes in 4 files.`,
    );
    bench.say(`Medians of ${rounds} rounds; import into an empty journal, in process.`);
    for (const way of ["import", "export"] as const) {
      bench.bar({
        what: `${way} of many small files`,
        measured: perSecond(files, small[way]),
        bound: { atLeast: 20_000 },
        unit: "files a second",
      });
      bench.bar({
        what: `${way} of large files`,
        measured: perSecond(megabytes, large[way]),
        bound: { atLeast: 300 },
        unit: "MB a second",
      });
    }
  },
};

function measure(folder: string, fillHost: (folder: string) => void): Times {
  const host = join(folder, "host");
  mkdirSync(host);
  fillHost(host);
  // As the command does: what it imports is acknowledged as a whole.
  const journal = openWriter(join(folder, "journal.db"), { durability: "batch" });
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  const copy = timeOf(() => copyPlainly(host, join(folder, "copy")));
  const imported = timeOf(() => {
    const { skipped } = importDirectory(fs, host, "/host");
    if (skipped > 0) throw new Error(`${skipped} paths were left out`);
  });
  const exported = timeOf(() => {
    exportDirectory(fs.tree, journal, join(folder, "exported"));
  });
  journal.close();
  return { copy, import: imported, export: exported };
}

/** What a script would do: each file read whole and written whole, with no times kept. */
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
