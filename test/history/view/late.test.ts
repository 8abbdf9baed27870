import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Ino, Journal, JournalWriter, Seq } from "../../../journal/index.ts";
import {
  type History,
  SnapshotWriter,
  State,
  diffTrees,
  openHistory,
  planRestore,
  storeOf,
} from "../../../src/history/index.ts";
import { inodeOf } from "../../../src/fs/index.ts";
import { replayAll } from "../../../src/history/snapshots/events.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
import { steps } from "../../support/model/mutations.ts";
import { openRandomWorld } from "../../support/model/random-world.ts";
import { Random, seedOf } from "../../support/random.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { attempts, patience } from "../../support/scale.ts";

/** Ways to look at a state, each at a part of it. */
const looks: Record<string, (state: State, random: Random, paths: readonly string[]) => unknown> = {
  stat: (state, random, paths) => attempt(() => state.stat(random.pick(paths), "keep")),
  readFile: (state, random, paths) => attempt(() => state.readFile(random.pick(paths))),
  readdir: (state, random, paths) => attempt(() => state.readdir(random.pick(paths))),
  walk: (state, random, paths) => attempt(() => [...state.walk(random.pick(paths))]),
  facts: ({ tree: { nextIno, count, mapped, orphans } }) => [
    nextIno,
    count,
    mapped,
    [...orphans].toSorted((one, other) => one - other),
  ],
  inode: ({ tree }, random) => {
    const inode = inodeOf(tree, random.below(60) as Ino);
    return inode === undefined ? undefined : [inode.type, inode.names, inode.ctime, inode.mtime];
  },
  all: ({ tree }) => fullDump(tree),
};

function attempt(look: () => unknown): unknown {
  try {
    return look();
  } catch (error) {
    return String(error);
  }
}

/** Looks at parts of states in random order; each must be as in a state of its own that all events made. */
function expectSame(journal: Journal, history: History, random: Random, rounds: number): void {
  const head = journal.head();
  const truths = new Map<Seq, State>();
  const truth = (seq: Seq): State => {
    let known = truths.get(seq);
    if (known === undefined)
      truths.set(seq, (known = new State(journal, seq, replayAll(journal, seq))));
    return known;
  };
  let last = 0;
  for (let round = 0; round < rounds; round += 1) {
    const seq = (
      random.once(3)
        ? Math.min(head, Math.max(0, last + random.below(81) - 40))
        : random.below(head + 1)
    ) as Seq;
    const other = random.below(head + 1) as Seq;
    last = seq;
    const paths = ["/", ...[...truth(seq).walk("/")].map(({ path }) => path), "/none"];
    const [name, look] = random.pick(Object.entries(looks));
    const seed = random.below(1e9);
    const state = new State(journal, seq, history.at(seq));
    if (random.once(4)) {
      const [one, two] = [history.at(seq), history.at(other)];
      expect(diffTrees(one, two)).toEqual(diffTrees(truth(seq).tree, truth(other).tree));
      expect(planRestore(one, two).changes).toEqual(
        planRestore(truth(seq).tree, truth(other).tree).changes,
      );
    }
    expect([seq, name, look(state, new Random(seed), paths)]).toEqual([
      seq,
      name,
      look(truth(seq), new Random(seed), paths),
    ]);
  }
}

const seeds = Array.from({ length: attempts(4) }, (_, index) => seedOf() + index);

test.each(seeds)(
  "a part of a state is what a replay gives (seed %i)",
  { timeout: patience(20_000) },
  (seed) => {
    const world = openRandomWorld(seed);
    for (let call = 0; call < 1_000; call += 1) {
      world.step();
      if (call % 97 > 0) continue;
      world.fs.end({ exit: 0 });
      world.fs.begin({ cause: "library", guest: "t", args: [], environment: [], digest: "" });
    }
    world.fs.end({ exit: 0 });
    world.journal.commit();
    const random = new Random(seed);
    for (const leastEvents of [3, 40, 200]) {
      store(world.journal, leastEvents, 1 + random.below(100));
      expectSame(world.journal, openHistory(world.journal), random, 60);
    }
  },
);

test(
  "a part of a state is what a replay gives, for any changes",
  { timeout: patience(20_000) },
  () => {
    fc.assert(
      fc.property(
        fc.array(steps(40), { maxLength: 5 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        (runs, leastEvents, seed) => {
          const { fs, journal } = openRecording();
          for (const changes of runs) changeAsRun(fs, changes);
          if (journal.head() === 0) return;
          store(journal, leastEvents, 3);
          expectSame(journal, openHistory(journal), new Random(seed), 30);
          journal.close();
        },
      ),
      { numRuns: attempts(30) },
    );
  },
);

function store(journal: JournalWriter, leastEvents: number, mostIncrements: number): void {
  journal.commit();
  storeOf(journal).clear();
  new SnapshotWriter(journal, { leastEvents, mostIncrements }).advance();
}
