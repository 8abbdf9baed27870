import { existsSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openWriter } from "../journal/index.ts";
import { SnapshotWriter } from "../src/history/index.ts";
import type { Bench } from "./measure/bench.ts";
import { fill, million } from "./history/workload.ts";

/**
 * Returns the journal to look at, with the snapshots that a run leaves behind; made once and kept for the next time.
 */
export function recorded(bench: Bench): string {
  const share = bench.amount(1, 0.1);
  const amounts = {
    events: million.events * share,
    files: million.files * share,
    crowded: million.crowded * share,
    overwrites: million.overwrites * share,
  };
  const file = join(tmpdir(), `rewindfs-bench-tui-2-${amounts.events}.db`);
  if (existsSync(file)) return file;
  const making = `${file}.making`;
  for (const end of ["", "-wal", "-shm", "-tail", "-lock"]) rmSync(making + end, { force: true });
  bench.progress(`recording ${amounts.events} events`);
  const journal = openWriter(making, { durability: "batch" });
  fill(journal, amounts);
  bench.progress("storing snapshots");
  new SnapshotWriter(journal).advance();
  journal.close();
  renameSync(making, file);
  return file;
}
