import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { lookup } from "../../../src/history/index.ts";
import { withoutGit } from "../../../src/host/apply/git.ts";
import { HostDirectory } from "../../../src/host/disk/directory.ts";
import { type Side, changedSides, treeSide } from "../../../src/host/versions/plan.ts";
import { openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

test("an apply goes through the entries of a directory as often, however many of them changed", () => {
  expect(listingsFor(40)).toBe(listingsFor(2));
});

/** Returns how often the entries of directories are gone through, to leave git's own of so many new files behind. */
function listingsFor(files: number): number {
  const { history, journal, recorder: r } = openRecording();
  r.run("many", [], () => {
    r.mkdir("/in");
    r.mkdir("/in/d");
    for (let at = 0; at < files; at += 1) r.write(`/in/d/${at}`, "x");
  });
  let listings = 0;
  const counted = (side: Side): Side => ({
    inode: side.inode,
    entries: (path) => {
      listings += 1;
      return new Map(Array.from(side.entries(path), ([name, one]) => [name, counted(one)]));
    },
  });
  const sideAt = (seq: Seq): Side => {
    const tree = history.at(seq);
    return treeSide(tree, lookup(tree, "/in"));
  };
  const [before, after] = [sideAt(0 as Seq), sideAt(journal.head())];
  const changed = changedSides(before, after, { readTape: journal.readTape });
  withTemporary((directory) => {
    using host = HostDirectory.open(directory);
    const where = { host, before: counted(before), after: counted(after) };
    expect(withoutGit(changed, where).entries[0]?.entries).toHaveLength(files);
  });
  return listings;
}
