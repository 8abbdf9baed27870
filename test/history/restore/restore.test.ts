import fc from "fast-check";
import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { FileSystem } from "../../../src/fs/index.ts";
import {
  RestoreError,
  lookup,
  planRestore,
  replay,
  restore,
  undo,
  verifyStates,
} from "../../../src/history/index.ts";
import type { Recorder } from "../../support/journal.ts";
import { steps } from "../../support/model/mutations.ts";
import { changeAsRun, difference, openRecording } from "../../support/recording.ts";
import { scale } from "../../support/scale.ts";

test("after a restore nothing differs from the state that was restored", () => {
  fc.assert(
    fc.property(steps(60), steps(60), fc.nat(), (before, after, at) => {
      const { fs, journal, history } = openRecording();
      changeAsRun(fs, before);
      changeAsRun(fs, after);
      const seq = (at % (journal.head() + 1)) as Seq;
      restore(fs, history, seq);
      expect(difference(history.at(seq), fs.tree)).toEqual([]);
      expect(verifyStates(journal)).toBeUndefined();
      expect(difference(replay(journal, journal.head()), fs.tree)).toEqual([]);
    }),
    { numRuns: 50 * scale },
  );
});

test.each<[string, (recorder: Recorder) => void, (recorder: Recorder) => void]>([
  [
    "two files that changed places",
    (r) => (r.write("/a", "one"), r.write("/b", "two")),
    (r) => (r.rename("/a", "/t"), r.rename("/b", "/a"), r.rename("/t", "/b")),
  ],
  [
    "a row of logs that was rotated",
    (r) => [1, 2, 3, 4].forEach((n) => r.write(`/log.${n}`, `log ${n}`)),
    (r) => {
      for (const n of [4, 3, 2, 1]) r.rename(`/log.${n}`, `/log.${n + 1}`);
      r.write("/log.1", "new");
    },
  ],
  [
    "directories that were turned inside out",
    (r) => (r.mkdir("/a"), r.mkdir("/a/b"), r.mkdir("/a/b/c"), r.write("/a/b/c/f", "f")),
    (r) => (r.rename("/a/b/c", "/c"), r.rename("/a/b", "/c/b"), r.rename("/a", "/c/b/a")),
  ],
  [
    "two directories that changed places with all they hold",
    (r) => (r.mkdir("/a"), r.mkdir("/b"), r.write("/a/f", "one"), r.write("/b/g", "two")),
    (r) => (r.rename("/a", "/t"), r.rename("/b", "/a"), r.rename("/t", "/b")),
  ],
  [
    "a directory that became a file, and its content that moved into a new one",
    (r) => (r.mkdir("/a"), r.write("/a/f", "one")),
    (r) => {
      r.mkdir("/n");
      r.rename("/a/f", "/n/f");
      r.remove("/a");
      r.write("/a", "file");
    },
  ],
  [
    "a file that became a directory",
    (r) => r.write("/a", "one"),
    (r) => (r.remove("/a"), r.mkdir("/a"), r.write("/a/f", "in")),
  ],
  [
    "a symlink with another target",
    (r) => r.symlink("/l", "one"),
    (r) => (r.remove("/l"), r.symlink("/l", "two")),
  ],
  [
    "a file replaced by a rename",
    (r) => (r.write("/a", "one"), r.write("/b", "two")),
    (r) => r.rename("/a", "/b"),
  ],
  [
    "a directory whose time was set back after a change",
    (r) => (r.mkdir("/d"), setTime(r, "/d", 5n)),
    (r) => (r.write("/d/f", "x"), setTime(r, "/d", 5n)),
  ],
])("a restore brings back %s", (_, before, after) => {
  const { fs, journal, history, recorder } = openRecording();
  recorder.run("before", [], () => before(recorder));
  const seq = journal.head();
  recorder.run("after", [], () => after(recorder));
  const { done } = restore(fs, history, seq);
  expect(difference(history.at(seq), fs.tree)).toEqual([]);
  expect(verifyStates(journal)).toBeUndefined();
  expect(done?.last).toBe(journal.head());
});

test("a rotated row of files comes back by one rename each", () => {
  const { fs, journal, history, recorder } = openRecording();
  recorder.run("write", [], () => [1, 2, 3].forEach((n) => recorder.write(`/${n}`, "x")));
  const seq = journal.head();
  recorder.run("rotate", [], () => [3, 2, 1].forEach((n) => recorder.rename(`/${n}`, `/${n + 1}`)));
  const { commands } = restore(fs, history, seq);
  expect(commands.map(({ kind }) => kind)).toEqual(["rename", "rename", "rename", "set-times"]);
});

test("a restore copies no bytes, and a dry run changes nothing", () => {
  const { fs, journal, history, recorder } = openRecording();
  recorder.run("write", [], () => recorder.write("/a", "x".repeat(100_000)));
  const seq = journal.head();
  recorder.run("remove", [], () => recorder.remove("/a"));
  const head = journal.head();
  const plan = planRestore(history.at(head), history.at(seq));
  expect(plan.changes).toEqual([{ path: "/a", change: "added", sizeAfter: 100_000 }]);
  expect(journal.head()).toBe(head);
  restore(fs, history, seq);
  expect(journal.tapeLength(journal.head())).toBe(100_000);
});

test("a restore to where everything is already appends nothing", () => {
  const { fs, journal, history, recorder } = openRecording();
  recorder.run("write", [], () => recorder.write("/a", "x"));
  const { done, changes } = restore(fs, history, journal.head());
  expect([done, changes]).toEqual([undefined, []]);
});

test("a restore that a limit stops says so, and can be undone", () => {
  const { fs, journal, history, recorder } = openRecording(":memory:", { events: 8 });
  recorder.run("write", [], () => (recorder.write("/a", "x"), recorder.write("/b", "y")));
  const before = journal.head();
  recorder.run("remove", [], () => (recorder.remove("/a"), recorder.remove("/b")));
  const removed = journal.head();
  const tight = new FileSystem({
    journal,
    tree: replay(journal, removed),
    limits: { ...fs.limits, events: 3 },
  });
  expect(() => restore(tight, history, before)).toThrow(RestoreError);
  expect(journal.runs().at(-1)?.end).toMatchObject({ exit: 1 });
  const again = new FileSystem({
    journal,
    tree: replay(journal, journal.head()),
    limits: fs.limits,
  });
  undo(again, history);
  expect(difference(history.at(removed), again.tree)).toEqual([]);
});

test("a file that was open without a name when its run was cut off comes back under a new number", () => {
  const { fs, journal, history, recorder } = openRecording();
  recorder.run("write", [], () => recorder.write("/a", "content"));
  const before = journal.head();
  fs.begin({ cause: "guest", guest: "killed", args: [], environment: [], digest: "" });
  const lost = lookup(fs.tree, "/a");
  if (lost === undefined) throw new Error("nothing was written");
  fs.hold(lost.ino);
  recorder.remove("/a");
  const plan = planRestore(fs.tree, history.at(before));
  expect(plan.commands.map(({ kind }) => kind)).toEqual([
    "create",
    "revert",
    "set-times",
    "set-times",
  ]);
  for (const command of plan.commands) fs.perform(command);
  const found = lookup(fs.tree, "/a");
  expect(found).toMatchObject({ content: { size: 7 }, mtime: lost.mtime });
  expect(found?.ino).not.toBe(lost.ino);
});

function setTime({ files }: Recorder, path: string, mtime: bigint): void {
  const inode = lookup(files.tree, path);
  if (inode !== undefined) files.perform({ kind: "set-times", ino: inode.ino, mtime });
}
