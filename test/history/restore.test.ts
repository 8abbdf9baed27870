import fc from "fast-check";
import { expect, test } from "vitest";

import { type Seq, openWriter, rootIno } from "../../journal/index.ts";
import { FileSystem, type Tree, emptyTree, inodeOf, profiles } from "../../src/fs/index.ts";
import { diffTrees, openHistory, replay, restore, verifyStates } from "../../src/history/index.ts";
import { type Recorder, recorderOn } from "../support/journal.ts";
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
      expect(verifyStates(journal)).toBeUndefined();
      expect(difference(replay(journal, journal.head()), fs.tree)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test.each<[string, (recorder: Recorder) => void, (recorder: Recorder) => void]>([
  [
    "two files that changed places",
    ({ write }) => (write("/a", "one"), write("/b", "two")),
    ({ rename }) => (rename("/a", "/t"), rename("/b", "/a"), rename("/t", "/b")),
  ],
  [
    "a row of logs that was rotated",
    ({ write }) => [1, 2, 3, 4].forEach((n) => write(`/log.${n}`, `log ${n}`)),
    ({ rename, write }) => {
      for (const n of [4, 3, 2, 1]) rename(`/log.${n}`, `/log.${n + 1}`);
      write("/log.1", "new");
    },
  ],
  [
    "directories that were turned inside out",
    ({ mkdir, write }) => (mkdir("/a"), mkdir("/a/b"), mkdir("/a/b/c"), write("/a/b/c/f", "f")),
    ({ rename }) => (rename("/a/b/c", "/c"), rename("/a/b", "/c/b"), rename("/a", "/c/b/a")),
  ],
  [
    "two directories that changed places with all they hold",
    ({ mkdir, write }) => (mkdir("/a"), mkdir("/b"), write("/a/f", "one"), write("/b/g", "two")),
    ({ rename }) => (rename("/a", "/t"), rename("/b", "/a"), rename("/t", "/b")),
  ],
  [
    "a directory that became a file, and its content that moved into a new one",
    ({ mkdir, write }) => (mkdir("/a"), write("/a/f", "one")),
    ({ mkdir, rename, remove, write }) => {
      mkdir("/n");
      rename("/a/f", "/n/f");
      remove("/a");
      write("/a", "file");
    },
  ],
  [
    "a file that became a directory",
    ({ write }) => write("/a", "one"),
    ({ mkdir, remove, write }) => (remove("/a"), mkdir("/a"), write("/a/f", "in")),
  ],
  [
    "a symlink with another target",
    ({ symlink }) => symlink("/l", "one"),
    ({ symlink, remove }) => (remove("/l"), symlink("/l", "two")),
  ],
  [
    "a file replaced by a rename",
    ({ write }) => (write("/a", "one"), write("/b", "two")),
    ({ rename }) => rename("/a", "/b"),
  ],
])("a restore brings back %s", (_, before, after) => {
  const { fs, journal, history, recorder } = open();
  recorder.run("before", [], () => before(recorder));
  const seq = journal.head();
  recorder.run("after", [], () => after(recorder));
  const { done } = restore(fs, history, seq);
  expect(difference(history.at(seq), fs.tree)).toEqual([]);
  expect(verifyStates(journal)).toBeUndefined();
  expect(done?.last).toBe(journal.head());
});

test("a rotated row of files comes back by one rename each", () => {
  const { fs, journal, history, recorder } = open();
  recorder.run("write", [], () => [1, 2, 3].forEach((n) => recorder.write(`/${n}`, "x")));
  const seq = journal.head();
  recorder.run("rotate", [], () => [3, 2, 1].forEach((n) => recorder.rename(`/${n}`, `/${n + 1}`)));
  const { commands } = restore(fs, history, seq);
  expect(commands.map(({ kind }) => kind)).toEqual(["rename", "rename", "rename", "set-times"]);
});

test("a restore copies no bytes, and a dry run changes nothing", () => {
  const { fs, journal, history, recorder } = open();
  recorder.run("write", [], () => recorder.write("/a", "x".repeat(100_000)));
  const seq = journal.head();
  recorder.run("remove", [], () => recorder.remove("/a"));
  const head = journal.head();
  const plan = restore(fs, history, seq, { mode: "dry-run" });
  expect(plan.changes).toEqual([{ path: "/a", change: "added", sizeAfter: 100_000 }]);
  expect(plan.done).toBeUndefined();
  expect(journal.head()).toBe(head);
  restore(fs, history, seq);
  expect(journal.tapeLength(journal.head())).toBe(100_000);
});

test("a restore to where everything is already appends nothing", () => {
  const { fs, journal, history, recorder } = open();
  recorder.run("write", [], () => recorder.write("/a", "x"));
  const { done, changes } = restore(fs, history, journal.head());
  expect([done, changes]).toEqual([undefined, []]);
});

function open() {
  let time = 1_000_000_000_000n;
  const journal = openWriter(":memory:", { now: () => (time += 1_000n) });
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  return { fs, journal, history: openHistory(journal), recorder: recorderOn(journal, fs) };
}

function asRun(fs: FileSystem, changes: readonly Step[]): void {
  fs.begin({ cause: "library", guest: "test", args: [], environment: [], digest: "" });
  makeChanges(fs, changes);
  fs.end({ exit: 0 });
}

/** Every path that differs, and the root's times. */
function difference(left: Tree, right: Tree): string[] {
  const [one, other] = [left, right].map((tree) => inodeOf(tree, rootIno));
  const isSame = one?.mtime === other?.mtime && one?.atime === other?.atime;
  return [
    ...(isSame ? [] : ["touched /"]),
    ...diffTrees(left, right, { times: "include" }).map(({ path, change }) => `${change} ${path}`),
  ];
}
