import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import type { Counts } from "../counts.ts";
import { runSuite } from "./on-journal.ts";

/** Most seconds that one program may take. */
const mostSeconds = 60;

/**
 * Runs programs of the Linux Test Project in a user namespace, on the disk and on a journal, and tells those that end
 * otherwise on the journal.
 */
export function ltp(given: string, only: string): Counts {
  const folder = resolve(given);
  const programs = readdirSync(folder).filter((name) => name.includes(only));
  const place = mkdtempSync(join(tmpdir(), "rewindfs-ltp-"));
  try {
    const script = [
      `export TMPDIR="$PWD" LTPROOT='${folder}'`,
      ...programs.map(
        (name) =>
          `timeout ${mostSeconds} '${folder}/${name}' >said 2>&1 </dev/null && code=0 || code=$?
           echo '${name}' $code $(grep -E 'TFAIL|TBROK' said | head -1)`,
      ),
    ].join("\n");
    const { disk, journal } = runSuite(place, script, folder);
    return compared(endsIn(disk.stdout), endsIn(journal.stdout));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

interface End {
  readonly code: number;
  readonly why: string;
}

function endsIn(output: string): ReadonlyMap<string, End> {
  return new Map(
    output.split("\n").flatMap((line) => {
      const [, name, code, why = ""] = /^(\S+) (\d+)(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, { code: Number(code), why }] as const];
    }),
  );
}

/** Bit 2 of a program's exit code is set by a warning, and 32 where it cannot run: both say nothing of the filesystem. */
function isBad({ code }: End): boolean {
  return (code & 3) !== 0 || code > 63;
}

function compared(disk: ReadonlyMap<string, End>, journal: ReadonlyMap<string, End>): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, end] of journal) {
    const other = disk.get(name);
    const result = !isBad(end)
      ? "passed"
      : other !== undefined && isBad(other)
        ? "skipped"
        : "failed";
    counts[result] += 1;
    if (result === "failed") console.log(`failed  ${name}${end.why}`);
  }
  return counts;
}
