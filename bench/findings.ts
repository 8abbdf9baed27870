import { spawnSync } from "node:child_process";
import { cpSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { openWriter } from "../journal/index.ts";
import { type Finding, findingsIn } from "../src/findings/index.ts";
import { FileSystem, emptyTree, profiles } from "../src/fs/index.ts";
import { openHistory } from "../src/history/index.ts";
import { importDirectory } from "../src/host/index.ts";
import type { Part } from "./measure/bench.ts";

const root = join(import.meta.dirname, "..");
const binaries = join(root, "node_modules/.bin");

/** Packages as they are published, each with another way of being written. */
const projects = [
  "acorn",
  "commander",
  "ignore",
  "immer",
  "ink",
  "node-diff3",
  "picomatch",
  "smol-toml",
  "string-width",
  "tar-stream",
] as const;

/** Work that is done on projects every day. What it is done by is no guest, and is looked at as one. */
const works: Readonly<Record<string, (folder: string) => void>> = {
  format: (folder) =>
    run(join(binaries, "oxfmt"), ["--no-error-on-unmatched-pattern", "."], folder),
  build: (folder) => {
    const entry = entryOf(folder);
    const options = [entry, "--dir", "out", "--format", "esm", "--sourcemap", "--platform", "node"];
    run(join(binaries, "rolldown"), [...options, "--external", "/^[^.]/"], folder);
  },
  test: (folder) => {
    // As a runner does: a cache, results, what went wrong the last time, a picture of what was covered.
    const test = `import "node:fs"; import { test } from "node:test"; test("loads", () => import("./${entryOf(folder)}").catch(() => {}));`;
    writeFileSync(join(folder, "loads.test.mjs"), test);
    const options = ["--test", "--experimental-test-coverage", "--test-reporter=lcov"];
    const result = ["--test-reporter-destination=lcov.info", "loads.test.mjs"];
    run(process.execPath, [...options, ...result], folder);
    rmSync(join(folder, "loads.test.mjs"));
  },
  pack: (folder) => {
    run("tar", ["-czf", "../package.tgz", "."], folder);
    renameSync(join(folder, "../package.tgz"), join(folder, "package.tgz"));
  },
};

/** Counts the findings of ordinary work, none of which is worth a look. */
export const part: Part = {
  title: "Findings: what ordinary work on ten projects gives",

  async run(bench) {
    const rows: (readonly string[])[] = [];
    const all: Finding[] = [];
    for (const [work, act] of Object.entries(works)) {
      const found: Finding[] = [];
      let changed = 0;
      for (const project of projects) {
        bench.progress(`${work}: ${project}`);
        await bench.within(async (folder) => {
          const result = await findingsAfter(folder, project, act);
          found.push(...result.findings);
          changed += result.events;
        });
      }
      all.push(...found);
      const count = (level: string) => String(found.filter((one) => one.level === level).length);
      rows.push([work, String(changed), count("high"), count("medium"), count("low")]);
    }
    bench.table(["on ten projects", "events", "high", "medium", "low"], rows);
    for (const { level, path, reason } of all) bench.say(`${level}  ${path}: ${reason}`);
    bench.bar({
      what: "high and medium findings in ordinary work",
      measured: all.filter(({ level }) => level !== "low").length,
      bound: { atMost: 0 },
      unit: "",
    });
  },
};

async function findingsAfter(folder: string, project: string, act: (folder: string) => void) {
  const copy = join(folder, project);
  cpSync(join(root, "node_modules", project), copy, { recursive: true, dereference: true });
  const journal = openWriter(join(folder, "journal.db"), { durability: "batch" });
  const files = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  const exclude = { ignored: "take", rules: [] } as const;
  importDirectory(files, copy, "/src", { exclude });
  const before = journal.head();
  act(copy);
  importDirectory(files, copy, "/src", { exclude });
  const history = openHistory(journal);
  const { findings } = await findingsIn(history, { first: before + 1, runs: "all" });
  const events = journal.head() - before;
  journal.close();
  return { findings, events };
}

/** The entry of a project that others import, below its folder. */
function entryOf(folder: string): string {
  const project = basename(folder);
  return relative(join(root, "node_modules", project), fileURLToPath(import.meta.resolve(project)));
}

function run(program: string, args: readonly string[], cwd: string): void {
  const { status, error, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} in ${cwd} failed: ${stderr}`);
}
