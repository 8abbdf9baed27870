import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import {
  RestoreError,
  lookup,
  planUndo,
  planUndoPaths,
  readRange,
  restore,
  tapeOf,
  undo,
  undoPaths,
  verifyStates,
  redo,
} from "../../../src/history/index.ts";
import { type Recording, openRecording } from "../../support/recording.ts";

test("one event is taken back alone, and that can be undone", () => {
  const recording = openRecording();
  const { fs, history, journal, recorder } = recording;
  recorder.run("one", [], () => {
    recorder.write("/a", "a");
    recorder.write("/b", "b");
  });
  recorder.run("two", [], () => {
    recorder.remove("/a");
    recorder.write("/c", "c");
  });
  const removal = find(recording, "unlink");
  expect(planUndo(history, journal.head(), { event: removal })).toMatchObject({
    run: 2,
    event: removal,
  });
  const undone = undo(fs, history, { event: removal });
  expect(undone.changes).toMatchObject([{ path: "/a", change: "added" }]);
  expect(contents(recording)).toEqual({ "/a": "a", "/b": "b", "/c": "c" });
  undo(fs, history);
  expect(contents(recording)).toEqual({ "/b": "b", "/c": "c" });
  expect(verifyStates(journal)).toBeUndefined();
});

test("an event under a later change is taken back only when that is asked for", () => {
  const recording = openRecording();
  const { fs, history, recorder } = recording;
  recorder.run("one", [], () => {
    recorder.write("/a", "one");
    recorder.write("/a", "two");
  });
  const first = find(recording, "write");
  expect(() => undo(fs, history, { event: first })).toThrow(
    /cannot undo event \d+: 1 path changed since by run:1/,
  );
  undo(fs, history, { event: first, later: "overwrite" });
  expect(contents(recording)).toEqual({ "/a": "" });
});

test.each([
  [1, "changed nothing"],
  [99, "is not in the journal"],
])("event %i cannot be undone: it %s", (event, why) => {
  const { fs, history, recorder } = openRecording();
  recorder.run("one", [], () => recorder.write("/a", "a"));
  expect(() => undo(fs, history, { event: event as Seq })).toThrow(why);
});

test("the last change of a path is one save, and the next call takes the one before that", () => {
  const recording = openRecording();
  const { fs, history, journal, recorder } = recording;
  recorder.run("one", [], () => {
    recorder.write("/a", "1");
    for (const text of ["2", "3"]) {
      recorder.truncate("/a", 0);
      recorder.write("/a", text);
      recorder.write("/a", `${text}${text}`, 1);
    }
    recorder.write("/other", "x");
  });
  expect(contents(recording)["/a"]).toBe("333");
  expect(planUndoPaths(history, journal.head(), ["a"])).toMatchObject([
    { changes: [{ path: "/a" }] },
  ]);
  for (const text of ["222", "1", undefined]) {
    undoPaths(fs, history, ["/a"]);
    expect(contents(recording)["/a"]).toBe(text);
  }
  expect(() => undoPaths(fs, history, ["/a"])).toThrow(RestoreError);
  undo(fs, history);
  expect(contents(recording)).toEqual({ "/a": "1", "/other": "x" });
});

test("the last change of a path may be a file that was renamed over it, its removal, or that of a directory above", () => {
  const recording = openRecording();
  const { fs, history, recorder } = recording;
  recorder.run("one", [], () => {
    recorder.mkdir("/d");
    recorder.write("/d/a", "old");
    recorder.write("/d/a.tmp", "new");
    recorder.rename("/d/a.tmp", "/d/a");
  });
  undoPaths(fs, history, ["/d/a"]);
  expect(contents(recording)).toMatchObject({ "/d/a": "old" });
  recorder.run("two", [], () => recorder.rename("/d", "/e"));
  undoPaths(fs, history, ["/d/a"]);
  expect(contents(recording)).toMatchObject({ "/d/a": "old" });
  recorder.run("three", [], () => recorder.remove("/d/a"));
  undoPaths(fs, history, ["/d"]);
  expect(contents(recording)).toMatchObject({ "/d/a": "old" });
});

test("a restore is one change of a path, taken back as a whole", () => {
  const recording = openRecording();
  const { fs, history, journal, recorder } = recording;
  recorder.run("one", [], () => recorder.write("/a", "one"));
  const then = journal.head();
  recorder.run("two", [], () => {
    recorder.truncate("/a", 0);
    recorder.write("/a", "two");
  });
  restore(fs, history, then);
  undoPaths(fs, history, ["/a"]);
  expect(contents(recording)).toEqual({ "/a": "two" });
});

test("what takes a path's undo back is undo, which redo says", () => {
  const recording = openRecording();
  const { fs, history, recorder } = recording;
  recorder.run("one", [], () => recorder.write("/a", "one"));
  undoPaths(fs, history, ["/a"]);
  expect(() => redo(fs, history)).toThrow(
    expect.objectContaining({ hint: "`undo` takes back run 2, which undid a part of a run" }),
  );
  undo(fs, history);
  expect(contents(recording)).toEqual({ "/a": "one" });
});

test("a save is one change of a path, however the old file made room for the new one", () => {
  const recording = openRecording();
  const { fs, history, recorder } = recording;
  const save = (text: string, makeRoom: () => void, path = "/a") => {
    makeRoom();
    recorder.write(path, text);
  };
  recorder.run("one", [], () => recorder.write("/a", "one"));
  recorder.run("all ways", [], () => {
    for (const text of ["two", "three"]) {
      save(text, () => {}, "/b");
      recorder.rename("/b", "/a");
    }
    save("four", () => recorder.rename("/a", "/c"));
    save("five", () => recorder.remove("/a"));
  });
  for (const before of ["four", "three", "two", "one"]) {
    const [undone] = undoPaths(fs, history, ["/a"]);
    expect(undone?.changes).toMatchObject([{ path: "/a", change: "modified" }]);
    expect(contents(recording)["/a"]).toBe(before);
  }
  undoPaths(fs, history, ["/a"]);
  expect(contents(recording)).toEqual({ "/c": "three" });
});

test("a path that never changed has nothing to undo, and the others stay as they are", () => {
  const recording = openRecording();
  const { fs, history, recorder } = recording;
  recorder.run("one", [], () => recorder.write("/a", "a"));
  expect(() => undoPaths(fs, history, ["/a", "/b"])).toThrow("there is no change of /b to undo");
  expect(contents(recording)).toEqual({ "/a": "a" });
});

function find({ journal }: Recording, kind: "unlink" | "write"): Seq {
  for (const event of journal.query({ kinds: new Set([kind]) })) return event.seq;
  throw new Error(`there is no ${kind}`);
}

function contents({ fs, journal }: Recording): Record<string, string> {
  const found: Record<string, string> = {};
  for (const path of ["/a", "/b", "/c", "/d/a", "/other"]) {
    const inode = lookup(fs.tree, path);
    if (inode?.type === "file")
      found[path] = Buffer.from(readRange(inode, tapeOf(journal))).toString();
  }
  return found;
}

test("a run that says that it went back to what was to come keeps nobody waiting", () => {
  const { fs, history, journal, recorder } = openRecording();
  recorder.run("one", [], () => recorder.write("/a", "a"));
  for (const said of [9_000_000, 8]) {
    const args = [`before:${said}`, "/a"];
    fs.begin({ cause: "undo", guest: "--", args, environment: [], digest: "" });
    recorder.write("/a", String(said));
    fs.end({ exit: 0 });
  }
  const [one] = planUndoPaths(history, journal.head(), ["/a"]);
  expect(one?.change).toMatchObject({ path: "/a", last: journal.head() - 1 });
});
