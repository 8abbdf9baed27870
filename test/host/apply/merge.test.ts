import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { mergeTexts } from "../../../src/host/versions/merge-text.ts";
import { Random } from "../../support/random.ts";
import { patience, scale } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";
import { tried } from "../../support/tried.ts";

interface Triple {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Makes texts of few kinds of lines, so that many are alike, and up to three edits of each side. */
function triple(random: Random): Triple {
  const few = ["a\n", "b\n", "c\r\n", "{\n", "}\n", "\n", "\xe4\n"];
  const base = Array.from({ length: 3 + random.below(25) }, (_, index) =>
    random.once(3) ? random.pick(few) : `line ${index}\n`,
  );
  const edit = (): string[] => {
    const lines = [...base];
    for (let left = random.below(4); left > 0; left -= 1) {
      const at = random.below(lines.length + 1);
      const fresh = Array.from({ length: 1 + random.below(2) }, () =>
        random.once(2) ? random.pick(few) : `new ${random.below(3)}\n`,
      );
      lines.splice(at, random.below(3), ...(random.once(3) ? [] : fresh));
    }
    return lines;
  };
  const written = (lines: readonly string[]) => {
    const text = lines.join("");
    return random.once(6) ? text.replace(/\r?\n$/, "") : text;
  };
  return { base: written(base), ours: written(edit()), theirs: written(edit()) };
}

/** Merges all with git in one go, as starting programs takes longer than merging. */
function mergedByGit(directory: string, triples: readonly Triple[]): string[] {
  for (const [index, { base, ours, theirs }] of triples.entries())
    for (const [name, text] of Object.entries({ base, ours, theirs }))
      writeFileSync(join(directory, `${index}.${name}`), text, "latin1");
  const labels = `-L "this machine" -L base -L "the program"`;
  const script = `i=0; while [ $i -lt ${triples.length} ]; do
    git merge-file -p ${labels} $i.ours $i.base $i.theirs >$i.out; i=$((i+1)); done; true`;
  const { status } = spawnSync("/bin/sh", ["-c", script], { cwd: directory });
  expect(status).toBe(0);
  return triples.map((_, index) => readFileSync(join(directory, `${index}.out`), "latin1"));
}

test("a merge is what git merge-file makes of it", { timeout: patience(120_000) }, () => {
  withTemporary((directory) => {
    const random = new Random(7);
    const triples = Array.from({ length: scale > 1 ? 3_000 : 200 }, () => triple(random));
    const expected = mergedByGit(directory, triples);
    const counts = { same: 0, otherConflict: 0, conflictHere: 0, conflictThere: 0 };
    for (const [index, { base, ours, theirs }] of triples.entries()) {
      const [o, a, b] = [base, ours, theirs].map((text) => Buffer.from(text, "latin1"));
      const sides = { ours: a ?? never(), theirs: b ?? never() };
      const clean = mergeTexts(o ?? never(), sides, "none");
      const marked = mergeTexts(o ?? never(), sides, "markers") ?? never();
      const text = Buffer.from(marked).toString("latin1");
      const isClean = expected[index]?.includes("<<<<<<< this machine") === false;
      if (text === expected[index]) counts.same += 1;
      else if (clean === undefined) counts[isClean ? "conflictHere" : "otherConflict"] += 1;
      else if (!isClean) counts.conflictThere += 1;
      // If neither sees a conflict, both make the same text.
      else expect(text).toBe(expected[index]);
    }
    // Repeated lines can be paired in more than one way, and each tool has its own.
    expect(counts.conflictThere).toBeLessThanOrEqual(triples.length / 100);
    expect(counts.conflictHere).toBeLessThanOrEqual(triples.length / 50);
    expect(counts.otherConflict).toBeLessThanOrEqual(triples.length / 50);
    tried(`merges compared with git's, ${JSON.stringify(counts)}`, triples.length);
  });
});

function never(): never {
  throw new Error("there is no such text");
}
