import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import type { Counts } from "../counts.ts";
import { onJournal, runTwice } from "./on-journal.ts";

const operations = 50_000;
const seeds = [1, 2, 3];

/** Runs fsx of xfstests, with mmap, once for each seed. */
export function fsx(folder: string): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const seed of seeds) {
    const place = mkdtempSync(join(tmpdir(), "rewindfs-fsx-"));
    try {
      const program = resolve(folder, "fsx");
      const script = `'${program.replaceAll("'", String.raw`'\''`)}' -q -S ${seed} -N ${operations} file`;
      const { journal, file } = runTwice(place, script, [resolve(folder)]);
      const verified = onJournal(file, "verify");
      const isRight = journal.exit === 0 && verified.exit === 0;
      counts[isRight ? "passed" : "failed"] += 1;
      console.log(`${isRight ? "passed" : "failed"}  seed ${seed}, ${operations} operations`);
      if (!isRight)
        console.log([journal.stdout, journal.stderr, verified.stderr].join("\n").slice(-2_000));
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  }
  return counts;
}
