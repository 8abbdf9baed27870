import { type Draft as Mutable, enableMapSet, isDraft, produce } from "immer";
import { expect, test } from "vitest";

import type { Event, Seq } from "../../journal/index.ts";
import { type Inode, type Tree, apply, emptyTree, entriesOf } from "../../src/fs/index.ts";
import { treeDump } from "../support/dump/tree-dump.ts";
import { openRandomWorld } from "../support/model/random-world.ts";
import { Random, seedOf } from "../support/random.ts";
import { noTape } from "../support/no-tape.ts";

enableMapSet();

const seeds = Array.from({ length: 4 }, (_, index) => seedOf() + index);

test.each(seeds)("replaying all events gives the live tree (seed %i)", (seed) => {
  const { fs, events } = liveRun(seed);
  const tree = emptyTree();
  for (const event of events) apply(tree, event, noTape);
  expect(treeDump(tree)).toEqual(treeDump(fs.tree));
  expect(tree.nextIno).toBe(fs.tree.nextIno);
});

test.each(seeds)("replaying in batches from any point on gives the live tree (seed %i)", (seed) => {
  const { fs, events } = liveRun(seed);
  const random = new Random(seed);
  const snapshots: { at: number; tree: Tree }[] = [{ at: 0, tree: emptyTree() }];
  for (let round = 0; round < 4; round += 1) {
    let { at, tree } = random.pick(snapshots);
    while (at < events.length) {
      const next = Math.min(events.length, at + 1 + random.below(400));
      tree = applied(tree, events.slice(at, next));
      at = next;
      snapshots.push({ at, tree });
    }
    expect(treeDump(tree)).toEqual(treeDump(fs.tree));
  }
});

test.each(seeds)("a snapshot stays what it was while later ones are made (seed %i)", (seed) => {
  const { events } = liveRun(seed);
  const half = Math.floor(events.length / 2);
  const snapshot = applied(emptyTree(), events.slice(0, half));
  const plain = emptyTree();
  for (const event of events.slice(0, half)) apply(plain, event, noTape);
  applied(snapshot, events.slice(half));
  expect(treeDump(snapshot)).toEqual(treeDump(plain));
});

test("what an inode holds is a value to immer, from events and in what they made", () => {
  const { events } = liveRun(seedOf());
  const half = Math.floor(events.length / 2);
  let tree: Tree = emptyTree();
  for (let at = 0; at < half; at += 50)
    tree = applied(tree, events.slice(at, Math.min(at + 50, half)));
  let files = 0;
  produce(tree, (draft) => {
    for (const event of events.slice(half)) apply(draft, event, noTape);
    for (const [, inode] of entriesOf<Mutable<Inode>>(draft.inodes)) {
      if (inode.type === "file") files += 1;
      const held =
        inode.type === "file" ? inode.content : inode.type === "directory" && inode.entries;
      for (const value of [held, ...inode.names]) expect(isDraft(value)).toBe(false);
    }
  });
  expect(files).toBeGreaterThan(0);
});

test("the end of a run takes inodes without a name along, live and in a replay", () => {
  const { fs, journal, root } = openRandomWorld(1);
  root.openAt({}, "kept", { create: true }, { write: true }).write(new Uint8Array(10), 0n);
  root.unlinkFileAt("kept");
  expect(fs.tree.orphans.size).toBe(1);

  fs.end({ exit: 0 });
  const replayed = applied(emptyTree(), journal.events(1 as Seq, journal.head()));
  for (const tree of [fs.tree, replayed]) {
    expect(tree.orphans.size).toBe(0);
    expect(tree.mapped).toBe(0);
    expect(tree.count).toBe(2);
  }
});

function liveRun(seed: number) {
  const world = openRandomWorld(seed);
  for (let call = 0; call < 4_000; call += 1) world.step();
  return { fs: world.fs, events: world.journal.events(1 as Seq, world.journal.head()) };
}

function applied(tree: Tree, events: readonly Event[]): Tree {
  return produce(tree, (draft) => {
    for (const event of events) apply(draft, event, noTape);
  });
}
