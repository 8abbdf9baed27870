// npm run nightly [-- SCALE [FILTER]...]: the tests of crashes, faults, damage, hostile guests and random calls, each
// so many times as much as in `npm test` (100 by default), with the result of each at the end. Tests that have random
// cases of another kind (`attempts` in test/support/scale.ts) try all of them here, and a third in `npm test`.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly duration?: number;
    }[];
  }[];
}

interface Tried {
  readonly what: string;
  readonly count: number;
}

/** Faster tests are only counted. */
const tellingMilliseconds = 500;

/** Tests that do more at a larger scale, by the beginnings of their paths. */
const scaled = [
  "test/attach",
  "test/cli/expressions",
  "test/cli/output/hostile",
  "test/crash",
  "test/fleet/client/afar-random",
  "test/fleet/depot/failures",
  "test/fleet/depot/kills",
  "test/fleet/client/lying-depot",
  "test/fleet/depot/outages",
  "test/fleet/client/read-from-afar",
  "test/fs/tree/content",
  "test/fuse",
  "test/fuzz",
  "test/history",
  "test/host",
  "test/hostile",
  "test/journal",
  "test/node-fs/like-node",
  "test/run",
  "test/text",
  "test/tui",
  "test/wasi/agreement",
];

const [scale = "100", ...asked] = process.argv.slice(2);
const filters = asked.length > 0 ? asked : scaled;
const root = new URL("..", import.meta.url).pathname;
const report = join(tmpdir(), `rewindfs-nightly-${process.pid}.json`);
const triedFile = join(tmpdir(), `rewindfs-nightly-${process.pid}.tried`);
const seed = process.env["REWINDFS_SEED"] ?? String(Math.floor(Math.random() * 2 ** 31));
const start = performance.now();

process.stdout.write(
  `Node ${process.version}, ${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB; scale ${scale}, seed ${seed}\n`,
);
const { status } = spawnSync(
  process.execPath,
  [
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    "--config",
    "test/vitest.config.ts",
    "--reporter=json",
    `--outputFile=${report}`,
    ...filters,
  ],
  {
    cwd: root,
    env: {
      ...process.env,
      REWINDFS_SCALE: scale,
      REWINDFS_SEED: seed,
      REWINDFS_TRIED: triedFile,
    },
    stdio: ["ignore", "ignore", "inherit"],
  },
);
const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report;
rmSync(report);
const unmatched = filters.filter(
  (filter) => !testResults.some(({ name }) => name.includes(filter)),
);
for (const { name, assertionResults } of testResults) {
  const passed = assertionResults.filter(({ status: outcome }) => outcome === "passed");
  process.stdout.write(
    `\n${name.slice(root.length)}: ${passed.length} of ${assertionResults.length} passed\n`,
  );
  for (const { fullName, status: outcome, duration = 0 } of assertionResults) {
    if (outcome === "passed" && duration < tellingMilliseconds) continue;
    const seconds = (duration / 1000).toFixed(1).padStart(8);
    process.stdout.write(`  ${outcome.padEnd(7)} ${seconds} s  ${fullName}\n`);
  }
}
process.stdout.write(`\nTried in all:\n`);
for (const [what, count] of triedSums())
  process.stdout.write(`  ${count.toLocaleString("en").padStart(10)}  ${what}\n`);
const failed = testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .filter(({ status: outcome }) => outcome === "failed");
process.stdout.write(`${failed.length} tests failed.\n`);
for (const filter of unmatched) process.stdout.write(`There are no tests called ${filter}.\n`);
process.stdout.write(`\n${((performance.now() - start) / 60_000).toFixed(1)} minutes in all\n`);
process.exitCode = unmatched.length > 0 ? 1 : (status ?? 1);

/** Adds up the numbers of attempts that the tests report. */
function triedSums(): Map<string, number> {
  const sums = new Map<string, number>();
  if (!existsSync(triedFile)) return sums;
  for (const text of readFileSync(triedFile, "utf8").trimEnd().split("\n")) {
    const { what, count } = JSON.parse(text) as Tried;
    sums.set(what, (sums.get(what) ?? 0) + count);
  }
  rmSync(triedFile);
  return sums;
}
