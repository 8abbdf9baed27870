import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { type Job, jobs, missing } from "./jobs.ts";
import { type Twice, onJournal, runTwice, withExport } from "./on-journal.ts";
import type { Counts } from "../counts.ts";
import { differences } from "./trees.ts";

/** Does pieces of real work on a journal and on the disk, with a repository of git as their material, and compares. */
export function work(source: string, only: string): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const job of jobs) {
    if (!job.name.includes(only)) continue;
    const lacks = missing(job);
    if (lacks !== undefined) {
      counts.skipped += 1;
      console.log(`skipped  ${job.name}: it needs ${lacks}`);
      continue;
    }
    const problems = problemsOf(job, resolve(source));
    counts[problems.length === 0 ? "passed" : "failed"] += 1;
    console.log(`${problems.length === 0 ? "passed " : "failed "}  ${job.name}`);
    for (const problem of problems.slice(0, 20)) console.log(`         ${problem}`);
  }
  return counts;
}

function problemsOf(job: Job, source: string): readonly string[] {
  const place = mkdtempSync(join(tmpdir(), "rewindfs-work-"));
  try {
    const script = `SOURCE='${source.replaceAll("'", String.raw`'\''`)}'\n${job.script}`;
    const twice = runTwice(place, script, [source]);
    const { disk, journal, file, onDisk } = twice;
    if (disk.exit !== 0) return [`on the disk: exit ${disk.exit}: ${disk.stderr.slice(-500)}`];
    if (journal.exit !== 0)
      return [`on the journal: exit ${journal.exit}: ${journal.stderr.slice(-500)}`];
    const said =
      disk.stdout === journal.stdout
        ? []
        : [
            `it printed ${JSON.stringify(journal.stdout)}, on the disk ${JSON.stringify(disk.stdout)}`,
          ];
    const verified = onJournal(file, "verify");
    return [
      ...said,
      ...withExport(file, "@", (state) => differences(onDisk, state, job.facts, job.except)),
      ...(verified.exit === 0 ? [] : [`verify: ${verified.stdout}${verified.stderr}`]),
      ...momentsOf(job, twice),
    ];
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Judges the folder at moments all over the work. */
function momentsOf({ judge, moments = 0 }: Job, { file }: Twice): readonly string[] {
  if (judge === undefined) return [];
  const lines = onJournal(file, "runs", "--json").stdout.trimEnd().split("\n");
  const run: { readonly first: number; readonly last: number } = JSON.parse(lines.at(-1) ?? "");
  return Array.from({ length: moments }, (_, index) => {
    const share = (index + 1) / (moments + 1);
    // Not where all steps of the same kind would stand.
    const seq = run.first + Math.floor((run.last - run.first) * share) + ((index * 7919) % 13);
    return withExport(file, String(Math.min(seq, run.last)), (state) => {
      const problem = judge(state);
      return problem === undefined ? [] : [`at event ${seq}: ${problem}`];
    });
  }).flat();
}
