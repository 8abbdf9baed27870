import fc from "fast-check";
import { expect, test } from "vitest";

import { type Seq, openWriter } from "../../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../../src/fs/index.ts";
import { diffTrees, openHistory, replay, restore } from "../../src/history/index.ts";
import { type Step, makeChanges, steps } from "../support/mutations.ts";

test("after a restore nothing differs from the state that was restored", () => {
  fc.assert(
    fc.property(steps(60), steps(60), fc.nat(), (before, after, at) => {
      const { fs, journal, history } = open();
      asRun(fs, before);
      asRun(fs, after);
      const seq = (at % (journal.head() + 1)) as Seq;
      restore(fs, history, seq);
      expect(difference(history.at(seq), fs.tree)).toEqual([]);
      expect(difference(replay(journal, journal.head()), fs.tree)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

function open() {
  let time = 1_000_000_000_000n;
  const journal = openWriter(":memory:", { now: () => (time += 1_000n) });
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  return { fs, journal, history: openHistory(journal) };
}

function asRun(fs: FileSystem, changes: readonly Step[]): void {
  fs.begin({ cause: "library", guest: "test", args: [], environment: [], digest: "" });
  makeChanges(fs, changes);
  fs.end({ exit: 0 });
}

function difference(left: Parameters<typeof diffTrees>[0], right: typeof left) {
  return diffTrees(left, right, { times: "include" }).map(
    ({ path, change }) => `${change} ${path}`,
  );
}
