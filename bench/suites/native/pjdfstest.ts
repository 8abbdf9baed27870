import { existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import type { Counts } from "../counts.ts";
import { runSuite } from "./on-journal.ts";

/**
 * Runs pjdfstest in a user namespace, on the disk and on a journal, and tells the checks that fail on the journal alone.
 * In such a namespace there is one user: checks that need others fail on the disk too.
 */
export function pjdfstest(given: string, only: string): Counts {
  const folder = resolve(given);
  if (!existsSync(join(folder, "pjdfstest")))
    throw new Error(`there is no compiled ${folder}/pjdfstest`);
  const tests = globSync(join(folder, "tests", "**", `*${only}*.t`)).sort();
  const place = mkdtempSync(join(tmpdir(), "rewindfs-pjdfstest-"));
  try {
    const script = tests
      .map(
        (test) =>
          `echo '# test ${test.slice(folder.length + 1)}'; sh '${test}' 2>/dev/null || true`,
      )
      .join("\n");
    const { disk, journal } = runSuite(place, script, folder);
    return compared(checksIn(disk.stdout), checksIn(journal.stdout));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

interface Check {
  readonly holds: boolean;
  readonly text: string;
}

/** Checks by test and number, from output of the Test Anything Protocol. */
function checksIn(output: string): ReadonlyMap<string, Check> {
  const found = new Map<string, Check>();
  let test = "";
  for (const line of output.split("\n")) {
    test = /^# test (.*)$/.exec(line)?.[1] ?? test;
    const [, not, number, text = ""] = /^(not )?ok (\d+)(.*)$/.exec(line) ?? [];
    if (number !== undefined) found.set(`${test} ${number}`, { holds: not === undefined, text });
  }
  return found;
}

function compared(disk: ReadonlyMap<string, Check>, journal: ReadonlyMap<string, Check>): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, { holds, text }] of journal) {
    const isPossible = disk.get(name)?.holds !== false;
    counts[holds ? "passed" : isPossible ? "failed" : "skipped"] += 1;
    if (!holds && isPossible)
      // Names are long, and the same in each line about one file.
      console.log(`failed  ${name}${text.replaceAll(/([0-9a-f]{6})[0-9a-f]{20,}/g, "$1…")}`);
  }
  return counts;
}
