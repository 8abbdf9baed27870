import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  type Ino,
  type JournalWriter,
  type Name,
  type Seq,
  rootIno,
} from "../../../journal/index.ts";
import {
  SnapshotWriter,
  lookup,
  storeOf,
  openHistory,
  replay,
  verifyStates,
} from "../../../src/history/index.ts";
import { emptyTree } from "../../../src/fs/index.ts";
import { replayAll } from "../../../src/history/snapshots/events.ts";
import { indexIn } from "../../../src/history/snapshots/frame.ts";
import { StoredStates } from "../../../src/history/snapshots/stored-states.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
import { steps } from "../../support/model/mutations.ts";
import { openRandomWorld } from "../../support/model/random-world.ts";
import { Random, seedOf } from "../../support/random.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { scale } from "../../support/scale.ts";
import { some } from "../../support/some.ts";

const seeds = Array.from({ length: 3 }, (_, index) => seedOf() + index);

test.each(some(seeds))("a state is what a replay gives, whatever is stored (seed %i)", (seed) => {
  const journal = randomJournal(seed);
  const random = new Random(seed);
  for (const leastEvents of [1, 7, 50]) {
    store(journal, leastEvents, random.below(9));
    expect(verifyStates(journal)).toBeUndefined();
    const history = openHistory(journal);
    for (let round = 0; round < 40; round += 1) {
      const seq = random.below(journal.head() + 1) as Seq;
      expect(fullDump(history.at(seq))).toEqual(fullDump(replayAll(journal, seq)));
    }
  }
});

test.each(some(seeds))("steps to and fro give the same states as jumps (seed %i)", (seed) => {
  const journal = randomJournal(seed);
  const random = new Random(seed);
  store(journal, 20, 5);
  const history = openHistory(journal);
  let seq = random.below(journal.head() + 1);
  for (let step = 0; step < 300; step += 1) {
    const stride = random.pick([-1, 1, -1, 1, -1, 1, -20, 20]);
    seq = Math.min(Math.max(seq + stride, 0), journal.head());
    const tree = history.at(seq as Seq);
    if (step % 10 === 0) expect(fullDump(tree)).toEqual(fullDump(replayAll(journal, seq as Seq)));
  }
});

test("a state stays what it was, whatever is looked at or made from it later", () => {
  fc.assert(
    fc.property(steps(80), fc.integer({ min: 1, max: 10 }), (changes, leastEvents) => {
      const { fs, journal, history } = openRecording();
      changeAsRun(fs, changes);
      store(journal, leastEvents, 3);
      const all = Array.from({ length: journal.head() + 1 }, (_, seq) => history.at(seq as Seq));
      for (const [seq, tree] of [...all.entries()].reverse()) {
        expect(fullDump(tree)).toEqual(fullDump(replayAll(journal, seq as Seq)));
      }
      journal.close();
    }),
    { numRuns: 10 * scale },
  );
});

test("a plain tree from what is stored is the live one's beginning, and its own", () => {
  const journal = randomJournal(seedOf());
  store(journal, 30, 4);
  const stored = new StoredStates(journal);
  const last = stored.last;
  const plain = stored.plain(last);
  if (plain === undefined) throw new Error("nothing is stored");
  const before = fullDump(replayAll(journal, last));
  expect(fullDump(plain)).toEqual(before);
  plain.inodes = { height: 0, root: [] };
  expect(fullDump(stored.tree(last) ?? plain)).toEqual(before);
  expect(fullDump(replay(journal, journal.head()))).toEqual(
    fullDump(replayAll(journal, journal.head())),
  );
});

test("large files and directories are read in parts, and share them", () => {
  const { fs, journal } = openRecording();
  fs.begin({ cause: "library", guest: "test", args: [], environment: [], digest: "" });
  const large = fs.perform({ kind: "create", parent: rootIno, name: "large" as Name });
  if (large?.kind !== "create") throw new Error("no file");
  const random = new Random(seedOf());
  const write = (offset: number, length: number, ino = large.ino) =>
    fs.perform({ kind: "write", ino, offset, length }, new Uint8Array(length).fill(7));
  let late: Ino | undefined;
  for (let turn = 0; turn < 1_200; turn += 1) {
    const made = fs.perform({ kind: "create", parent: rootIno, name: `file ${turn}` as Name });
    if (turn === 400 && made?.kind === "create") late = made.ino;
    if (late !== undefined) write(turn, 1, late);
    write(random.below(20_000_000), 1 + random.below(5_000));
    if (turn % 97 === 0) {
      fs.perform({ kind: "set-size", ino: large.ino, size: random.below(20_000_000) });
    }
    if (turn % 5 === 0) {
      const name = `file ${random.below(turn + 1)}` as Name;
      const toName = `moved ${turn}` as Name;
      try {
        fs.perform({ kind: "rename", parent: rootIno, name, toParent: rootIno, toName });
      } catch {
        // It was moved before.
      }
    }
  }
  fs.end({ exit: 0 });
  // Few snapshots per whole state, and many, so that each of them has changed the large ones.
  for (const [leastEvents, mostIncrements] of [
    [100, 7],
    [6, 400],
  ] as const) {
    store(journal, leastEvents, mostIncrements);
    const history = openHistory(journal);
    for (let round = 0; round < 30; round += 1) {
      const seq = random.below(journal.head() + 1) as Seq;
      expect(fullDump(history.at(seq))).toEqual(fullDump(replayAll(journal, seq)));
    }
    expect(verifyStates(journal)).toBeUndefined();
  }
});

test("numbers that are far apart cost nothing: a file of 16 TiB, an inode of a trillion", () => {
  const { fs, journal } = openRecording();
  fs.begin({ cause: "library", guest: "test", args: [], environment: [], digest: "" });
  const name = "sparse" as Name;
  const ino = 1_000_000_000_000 as Ino;
  fs.perform({ kind: "create", parent: rootIno, name, ino });
  const size = 16 * 1024 ** 4;
  const write = (offset: number) =>
    fs.perform({ kind: "write", ino, offset, length: 1 }, new Uint8Array(1));
  write(size - 1);
  write(size / 2);
  for (let turn = 0; turn < 20; turn += 1) write(turn * 70_000);
  fs.perform({ kind: "set-size", ino, size: size - 10 });
  fs.end({ exit: 0 });
  store(journal, 5, 2);
  const history = openHistory(journal);
  for (let seq = 0; seq <= journal.head(); seq += 1) {
    expect(fullDump(history.at(seq as Seq))).toEqual(fullDump(replayAll(journal, seq as Seq)));
  }
});

test("a root that no event touched is in what is stored", () => {
  const { journal } = openRecording();
  for (let turn = 0; turn < 10; turn += 1)
    journal.append({ kind: "mark", name: `m${turn}`, at: 0 as Seq });
  store(journal, 2, 2);
  const history = openHistory(journal);
  for (let seq = 0; seq <= journal.head(); seq += 1)
    expect(fullDump(history.at(seq as Seq))).toEqual(fullDump(replayAll(journal, seq as Seq)));
});

test("storing goes on where it stopped, as if it had never stopped", () => {
  const journal = randomJournal(seedOf());
  store(journal, 25, 6);
  const atOnce = storeOf(journal)
    .list()
    .map(({ seq }) => [seq, storeOf(journal).read(seq)]);
  storeOf(journal).clear();
  for (let turns = 0; turns < 1_000; turns += 1) {
    const writer = new SnapshotWriter(journal, { leastEvents: 25, mostIncrements: 6 });
    // Events since the last snapshot are taken again by the next writer: it must get further than that.
    if (writer.advance(60) === "done") break;
  }
  const byTurns = storeOf(journal)
    .list()
    .map(({ seq }) => [seq, storeOf(journal).read(seq)]);
  expect(byTurns).toEqual(atOnce);
});

test("a state that is open stays what it was when a longer frame takes the place of its own", () => {
  const { recorder, journal } = openRecording();
  const write = (count: number) =>
    recorder.run("guest", [], () => {
      for (let turn = 0; turn < count; turn += 1)
        recorder.write(`/d ${turn % 7}`, `line ${turn}\n`, turn);
    });
  write(40);
  store(journal, 5, 100);
  const rows = () =>
    storeOf(journal)
      .list()
      .map(({ seq }) => seq);
  const shorter = rows();
  const stored = new StoredStates(journal);
  const seq = stored.nearest(33 as Seq) ?? stored.last;
  const before = stored.tree(stored.last);
  write(40);
  journal.commit();
  new SnapshotWriter(journal, { leastEvents: 5, mostIncrements: 100 }).advance();
  expect(rows()).not.toEqual(expect.arrayContaining(shorter));
  if (before === undefined) throw new Error("nothing is stored");
  expect(fullDump(before)).toEqual(fullDump(replayAll(journal, shorter.at(-1) ?? seq)));
  // One that listed the rows before, and reads them after.
  expect(stored.isDamaged).toBe(false);
  stored.open(60 as Seq);
  for (const moment of [20, 38, 60, 80]) {
    stored.refresh();
    stored.open(moment as Seq);
    const nearest = stored.nearest(moment as Seq) ?? (0 as Seq);
    expect(moment - nearest).toBeLessThan(6);
    expect(fullDump(stored.tree(nearest) ?? before)).toEqual(fullDump(replayAll(journal, nearest)));
  }
  expect(stored.isDamaged).toBe(false);
});

function randomJournal(seed: number): JournalWriter {
  const world = openRandomWorld(seed);
  for (let call = 0; call < 1_500; call += 1) world.step();
  world.fs.end({ exit: 0 });
  world.journal.commit();
  return world.journal;
}

function store(journal: JournalWriter, leastEvents: number, mostIncrements: number): void {
  journal.commit();
  storeOf(journal).clear();
  new SnapshotWriter(journal, { leastEvents, mostIncrements }).advance();
}

describe("of a group that is long enough for an index", () => {
  const { fs, journal } = openRecording();
  fs.begin({ cause: "library", guest: "test", args: [], environment: [], digest: "" });
  const random = new Random(seedOf());
  const made: { ino: Ino; name: Name }[] = [];
  const one = () => made[random.below(made.length)] ?? { ino: rootIno, name: "" as Name };
  for (let turn = 0; turn < 5_000; turn += 1) {
    const name = `file ${turn}` as Name;
    const kind =
      turn < 20 ? "create" : random.pick(["create", "write", "write", "rename", "unlink"]);
    const at = one();
    if (kind === "create") {
      const event = fs.perform({ kind, parent: rootIno, name });
      if (event?.kind === "create") made.push({ ino: event.ino, name });
    } else if (kind === "write") {
      // One file is written to much more often than the others.
      const ino = turn % 3 === 0 && made[0] !== undefined ? made[0].ino : at.ino;
      const length = 1 + random.below(300);
      fs.perform({ kind, ino, offset: random.below(90_000), length }, new Uint8Array(length));
    } else if (kind === "rename") {
      const [parent, toParent] = [rootIno, rootIno];
      fs.perform({ kind, parent, name: at.name, toParent, toName: name });
      made[made.indexOf(at)] = { ino: at.ino, name };
    } else if (made.length > 20 && at !== made[0]) {
      fs.perform({ kind: "unlink", parent: rootIno, name: at.name });
      made.splice(made.indexOf(at), 1);
    }
  }
  fs.end({ exit: 0 });
  store(journal, 1, 100_000);
  const snapshots = storeOf(journal);
  const frames = snapshots.list().filter(({ seq, base }) => seq !== base);
  const indexed = frames.filter(
    ({ seq }) => indexIn(snapshots.read(seq) ?? new Uint8Array()).length,
  );

  test("each part has its frame, and all states are what a replay gives", () => {
    expect(indexed).toEqual(frames.filter((_, index) => index % 32 === 31));
    expect(indexed.length).toBeGreaterThan(2);
    expect(verifyStates(journal)).toBeUndefined();
    const read: Seq[] = [];
    const history = openHistory(journal, {
      snapshots: { ...snapshots, read: (seq) => (read.push(seq), snapshots.read(seq)) },
    });
    expect(lookup(history.at(2_500 as Seq), "/")?.type).toBe("directory");
    // Those that are covered are not all read.
    expect(read.length).toBeLessThan(frames.length / 2);
    for (let round = 0; round < 60; round += 1) {
      const seq = random.below(journal.head() + 1) as Seq;
      expect(fullDump(history.at(seq))).toEqual(fullDump(replayAll(journal, seq)));
    }
  });

  test("storing goes on at any frame, and makes the same index", () => {
    const rows = () => snapshots.list().map(({ seq }) => [seq, snapshots.read(seq)]);
    const atOnce = rows();
    snapshots.clear();
    for (let turns = 0; turns < 1_000; turns += 1) {
      const writer = new SnapshotWriter(journal, { leastEvents: 1, mostIncrements: 100_000 });
      if (writer.advance(50 + random.below(400)) === "done") break;
    }
    expect(rows()).toEqual(atOnce);
  });

  test("without its index, or with a damaged one, all frames are read instead", () => {
    for (const readPage of [() => undefined, (digest: string) => cut(snapshots.readPage(digest))]) {
      const pages = (digest: string) =>
        parts.has(digest) ? readPage(digest) : snapshots.readPage(digest);
      const parts = new Set(indexIn(snapshots.read(indexed.at(-1)?.seq ?? (0 as Seq)) ?? cut()));
      const stored = new StoredStates(journal, { ...snapshots, readPage: pages });
      for (let round = 0; round < 10; round += 1) {
        const seq = stored.nearest(random.below(journal.head()) as Seq) ?? (0 as Seq);
        expect(fullDump(stored.tree(seq) ?? emptyTree())).toEqual(
          fullDump(replayAll(journal, seq)),
        );
      }
      expect(stored.isDamaged).toBe(false);
    }
  });

  test("verify finds an index that is not what the frames make", () => {
    const last = indexed.at(-1);
    const bytes = snapshots.read(last?.seq ?? (0 as Seq));
    if (last === undefined || bytes === undefined) throw new Error("no index");
    const [first = ""] = indexIn(bytes);
    const page = Uint8Array.from(snapshots.readPage(first) ?? []);
    // The increment of the last delta that it keeps no bytes of, or some other number.
    page[page.length - 40] = (page[page.length - 40] ?? 0) ^ 1;
    const forged = Buffer.from(bytes);
    snapshots.transact(() => {
      const digest = Buffer.from(snapshots.putPage(page), "hex");
      digest.copy(forged, forged.indexOf(Buffer.from(first, "hex")));
      snapshots.put(last, forged);
    });
    expect(verifyStates(journal)).toMatchObject({ seq: last.seq });
  });
});

function cut(bytes: Uint8Array = new Uint8Array()): Uint8Array {
  return bytes.subarray(0, bytes.length - 1);
}
