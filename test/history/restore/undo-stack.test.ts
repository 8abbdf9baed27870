import { expect, test } from "vitest";

import type { RunNumber } from "../../../journal/index.ts";
import { undo, undoStack } from "../../../src/history/index.ts";
import { openRecording } from "../../support/recording.ts";

test("runs that changed nothing are not on the stack, and end no redo", () => {
  const { fs, journal, history, recorder } = openRecording();
  recorder.run("one", [], () => recorder.write("/a", "one"));
  recorder.run("look", [], () => {});
  expect(undoStack(journal)).toMatchObject({ done: [{ run: 1 }], idle: { run: 2 } });
  expect(() => undo(fs, history)).toThrow("run 2 changed nothing");
  undo(fs, history, { run: 1 as RunNumber });
  expect(undoStack(journal).idle).toBeUndefined();
  recorder.run("look", [], () => {});
  expect(undoStack(journal)).toMatchObject({
    done: [],
    undone: [{ run: { run: 1 }, by: { run: 3 } }],
  });
});

test("an undo that did not come to its end is a run like any other", () => {
  const { fs, journal, recorder } = openRecording();
  recorder.run("one", [], () => recorder.write("/a", "one"));
  fs.begin({ cause: "undo", guest: "run:1", args: ["1"], environment: [], digest: "" });
  recorder.remove("/a");
  expect(undoStack(journal).done.map(({ run }) => run)).toEqual([1, 2]);
  fs.end({ exit: 1 });
  expect(undoStack(journal).done.map(({ run }) => run)).toEqual([1, 2]);
});
