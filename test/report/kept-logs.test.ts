import { expect, test } from "vitest";

import type { LogRow } from "../../src/report/format/data.ts";
import { KeptLogs } from "../../src/report/kept-logs.ts";

const rowsOf = (run: number, count: number): LogRow[] =>
  Array.from({ length: count }, (_, index) => [index, run, "12:00:00.000", "write", "/a", "", 1]);

test("rows are kept within twice the room, those of the most interesting runs first, and what goes is counted", () => {
  // The last run is the most interesting one, as in a report of many programs' runs.
  const runs = Array.from({ length: 100 }, (_, index) => 100 - index);
  const room = 20_000;
  const logs = new KeptLogs(runs, room);
  let heaviest = 0;
  for (const run of runs.toReversed()) {
    logs.add(run, { rows: rowsOf(run, 100), leftOut: 5 });
    heaviest = Math.max(heaviest, logs.weight);
  }
  expect(heaviest).toBeLessThanOrEqual(2 * room);
  expect(heaviest).toBeGreaterThan(room);
  expect(logs.get(100)?.rows).toHaveLength(100);
  expect(logs.get(1)).toMatchObject({ rows: [], leftOut: 105 });
  const told = runs
    .map((run) => logs.get(run))
    .map((log) => (log?.rows.length ?? 0) + (log?.leftOut ?? 0));
  expect(new Set(told)).toEqual(new Set([105]));
});

test("a run that is not shown takes no room", () => {
  const logs = new KeptLogs([1], 1_000);
  logs.add(2, { rows: rowsOf(2, 100), leftOut: 0 });
  expect([logs.weight, logs.get(2)]).toEqual([0, undefined]);
});
