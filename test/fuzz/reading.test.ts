import fc from "fast-check";
import { expect, test } from "vitest";

import { openReader } from "../../journal/index.ts";
import { openHistory } from "../../src/history/index.ts";
import { Workplace } from "../run/support.ts";
import { rewindfs } from "../support/screen/command.ts";
import { steps } from "../support/model/mutations.ts";
import { changeAsRun, openRecording } from "../support/recording.ts";
import { seedOf } from "../support/random.ts";
import { patience, scale } from "../support/scale.ts";
import { tried } from "../support/tried.ts";

test(
  "every reading command has an answer to any journal, and the JSON of each is JSON",
  { timeout: patience(60_000) },
  () => {
    const seed = seedOf();
    fc.assert(
      fc.property(steps(120), steps(40), (first, second) => {
        using place = new Workplace();
        const { fs, journal } = openRecording(place.path("rewind.db"));
        changeAsRun(fs, first);
        changeAsRun(fs, second);
        journal.close();
        for (const args of commandsFor(place.path("rewind.db"))) {
          const { exit, stdout, stderr } = rewindfs(place.folder, args);
          expect({ args, exit, stderr }).toMatchObject({ exit: expect.toBeOneOf([0, 1]) });
          expect(stderr).not.toContain("should not have happened");
          tried("commands that read random journals", 1);
          if (args.includes("--json"))
            for (const line of stdout.split("\n")) if (line !== "") JSON.parse(line);
        }
      }),
      { numRuns: scale, seed, interruptAfterTimeLimit: 30_000 * scale, endOnFailure: true },
    );
  },
);

/** Returns all commands that read, on existing paths. */
function commandsFor(file: string): string[][] {
  const journal = openReader(file);
  try {
    const visits = [...openHistory(journal).state("@").walk("/")];
    const paths = visits.flatMap(({ path, type }) => (type === "file" ? [path] : []));
    const some = paths[Math.floor(paths.length / 2)] ?? "/nothing";
    return [
      ["log", "--json"],
      ["log", "--raw", "--reverse"],
      ["runs", "--json"],
      ["show", String(journal.head())],
      ["ls", "/", "--json"],
      ["tree", "--at", "run:1"],
      ["cat", some],
      ["stat", some, "--json"],
      ["diff", "0", "@", "--json"],
      ["diff"],
      ["blame", some, "--json"],
      ["grep", "A", "--history"],
      ["restore", "run:1", "--dry-run"],
      ["undo", "--dry-run"],
      ["redo", "--dry-run"],
      ["redact", some, "--dry-run"],
      ["cat", `${some}x`],
      ["log", `${some}x`],
      ["grep", "A", "--history", `${some}x`],
      ["verify", "--json"],
    ];
  } finally {
    journal.close();
  }
}
