import fc from "fast-check";
import { expect, test } from "vitest";

import type { RunNumber, Seq } from "../../../journal/index.ts";
import {
  RestoreError,
  planRedo,
  planUndo,
  readRange,
  lookup,
  redo,
  restore,
  tapeOf,
  undo,
  undoStack,
  verifyStates,
  walk,
} from "../../../src/history/index.ts";
import { type Step, steps } from "../../support/model/mutations.ts";
import { type Recording, changeAsRun, difference, openRecording } from "../../support/recording.ts";
import { scale } from "../../support/scale.ts";

type Act =
  | { readonly act: "run"; readonly steps: Step[] }
  | { readonly act: "restore"; readonly at: number }
  | { readonly act: "undo" | "redo" };

const acts = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ act: fc.constant("run" as const), steps: steps(12) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant("restore" as const), at: fc.nat() }) },
    { weight: 4, arbitrary: fc.record({ act: fc.constantFrom("undo" as const, "redo" as const) }) },
  ),
  { maxLength: 20, size: "max" },
);

/** Runs as the states before and after, by the seqs at which they first existed. */
interface Model {
  done: (readonly [Seq, Seq])[];
  undone: (readonly [Seq, Seq])[];
}

test("undo walks back and redo comes forward, whatever happened before", () => {
  fc.assert(
    fc.property(acts, (all) => {
      const recording = openRecording();
      const model: Model = { done: [], undone: [] };
      for (const act of all) step(recording, model, act);
      expect(verifyStates(recording.journal)).toBeUndefined();
    }),
    { numRuns: 12 * scale },
  );
});

test("what an undo or a redo would do at a moment stays the same, whatever comes after it", () => {
  fc.assert(
    fc.property(acts, (all) => {
      const recording = openRecording();
      const { history, journal } = recording;
      const model: Model = { done: [], undone: [] };
      const planned = new Map<Seq, unknown>();
      for (const act of all) {
        step(recording, model, act);
        planned.set(journal.head(), plansAt(history, journal.head()));
      }
      for (const [at, plans] of planned) expect(plansAt(history, at)).toEqual(plans);
    }),
    { numRuns: 6 * scale },
  );
});

test("a run that was under way at a moment counts as far as it had come", () => {
  const { fs, history, journal, recorder } = openRecording();
  recorder.run("one", [], () => recorder.write("/a", "1"));
  fs.begin({ cause: "guest", guest: "two", args: [], environment: [], digest: "" });
  recorder.write("/a", "2");
  const at = journal.head();
  recorder.write("/b", "2");
  fs.end({ exit: 0 });
  expect(planUndo(history, at)).toMatchObject({
    run: 2,
    changes: [{ path: "/a", change: "modified" }],
  });
});

function plansAt(history: Recording["history"], at: Seq): unknown {
  return [planUndo, planRedo].map((plan) => {
    try {
      return plan(history, at);
    } catch (error) {
      if (error instanceof RestoreError) return error.message;
      throw error;
    }
  });
}

function step({ fs, journal, history }: Recording, model: Model, act: Act): void {
  const before = journal.head();
  switch (act.act) {
    case "run":
    case "restore":
      if (act.act === "run") changeAsRun(fs, act.steps);
      else restore(fs, history, (act.at % (before + 1)) as Seq);
      if (undoStack(journal).done.at(-1)?.first !== before + 1) return;
      model.done.push([before, journal.head()]);
      model.undone = [];
      return;
    case "undo": {
      const last = model.done.pop();
      if (last === undefined) return expect(() => undo(fs, history)).toThrow(RestoreError);
      undo(fs, history);
      model.undone.push(last);
      return expect(difference(history.at(last[0]), fs.tree)).toEqual([]);
    }
    case "redo": {
      const last = model.undone.pop();
      if (last === undefined) return expect(() => redo(fs, history)).toThrow(RestoreError);
      redo(fs, history);
      model.done.push(last);
      return expect(difference(history.at(last[1]), fs.tree)).toEqual([]);
    }
  }
}

test("undo of an earlier run leaves later runs alone", () => {
  const { fs, journal, history, recorder } = openRecording();
  recorder.run("one", [], () => recorder.write("/a", "one"));
  const second = recorder.run("two", [], () => recorder.write("/b", "two"));
  recorder.run("three", [], () => recorder.write("/c", "three"));
  const result = undo(fs, history, { run: second as RunNumber });
  expect(result.changes.map(({ path, change }) => `${change} ${path}`)).toEqual(["removed /b"]);
  expect(["/a", "/b", "/c"].map((path) => lookup(fs.tree, path) !== undefined)).toEqual([
    true,
    false,
    true,
  ]);
  expect(journal.run(result.done?.run ?? (0 as RunNumber))?.start).toMatchObject({
    cause: "undo",
    guest: "run:2",
    args: ["2"],
  });
  redo(fs, history);
  expect(lookup(fs.tree, "/b")).toBeDefined();
});

test("undo of a run whose paths a later run changed is refused, and says which run", () => {
  const { fs, journal, history, recorder } = openRecording();
  const first = recorder.run("one", [], () => recorder.write("/a", "one"));
  const later = recorder.run("two", [], () => recorder.write("/a", "two"));
  const head = journal.head();
  const refused = refusalOf(() => undo(fs, history, { run: first as RunNumber }));
  expect([refused.code, refused.message]).toEqual([
    "conflict",
    "cannot undo run:1: 1 path changed since by run:2",
  ]);
  expect(refused.conflicts).toEqual([
    { path: "/a", reason: "it was changed since", runs: [later] },
  ]);
  expect(journal.head()).toBe(head);
  undo(fs, history, { run: first as RunNumber, later: "overwrite" });
  expect(lookup(fs.tree, "/a")).toBeUndefined();
});

test("a forced undo makes room for what comes back, and takes what stands in a directory that goes", () => {
  const { fs, history, recorder: r } = openRecording();
  r.run("make", [], () => (r.mkdir("/d"), r.write("/d/f", "old"), r.write("/x", "x")));
  const subject = r.run("change", [], () => {
    r.remove("/d/f");
    r.mkdir("/new");
    r.rename("/x", "/new/x");
  });
  r.run("later", [], () => {
    r.write("/new/y", "y");
    r.mkdir("/x");
    r.write("/x/inside", "z");
    r.remove("/d");
  });
  const refused = refusalOf(() => undo(fs, history, { run: subject as RunNumber }));
  expect(refused.conflicts.map(({ path, reason }) => `${path}: ${reason}`).sort()).toEqual([
    "/d: it was removed since",
    "/new/y: it is in a directory that is removed",
    "/x: it is where something else returns to",
  ]);
  undo(fs, history, { run: subject as RunNumber, later: "overwrite" });
  expect(allPaths(history)).toEqual(["/", "/d", "/d/f", "/x"]);
});

test("a restore and an undo can be undone, and an undo that is new ends what could be redone", () => {
  const { fs, journal, history, recorder } = openRecording();
  recorder.run("one", [], () => recorder.write("/a", "one"));
  const seq = journal.head();
  recorder.run("two", [], () => recorder.write("/a", "two"));
  restore(fs, history, seq);
  expect(contentOf(fs, history.journal, "/a")).toBe("one");
  expect(undo(fs, history).run).toBe(3);
  expect(contentOf(fs, history.journal, "/a")).toBe("two");
  expect(undo(fs, history).run).toBe(2);
  expect(redo(fs, history).run).toBe(2);
  recorder.run("look", [], () => {});
  expect(redo(fs, history).run).toBe(3);
  undo(fs, history);
  recorder.run("new", [], () => recorder.write("/b", "b"));
  expect(refusalOf(() => redo(fs, history)).code).toBe("nothing-to-undo");
});

test("a conflict names only runs that stand, and says how to go on", () => {
  const { fs, history, recorder } = openRecording();
  recorder.run("one", [], () => recorder.write("/a", "one"));
  recorder.run("two", [], () => recorder.write("/a", "two"));
  recorder.run("three", [], () => recorder.write("/a", "three"));
  undo(fs, history);
  redo(fs, history);
  expect(refusalOf(() => undo(fs, history, { run: 1 as RunNumber })).message).toBe(
    "cannot undo run:1: 1 path changed since by run:2, run:3",
  );
  undo(fs, history, { run: 2 as RunNumber, later: "overwrite" });
  const refused = refusalOf(() => undo(fs, history));
  expect([refused.message, refused.hint]).toEqual([
    "cannot undo run:3: 1 path changed since by run:6",
    "redo first, or --force to overwrite them",
  ]);
});

test("undo tells what it changes and not what is so already, beforehand too", () => {
  const { fs, history, recorder } = openRecording();
  recorder.run("one", [], () => (recorder.mkdir("/d"), recorder.write("/d/b", "b")));
  recorder.run("two", [], () => recorder.remove("/d/b"));
  const options = { run: 1 as RunNumber, later: "overwrite" } as const;
  const planned = planUndo(history, history.journal.head(), options);
  expect(planned.changes).toEqual([{ path: "/d", change: "removed" }]);
  expect(undo(fs, history, options).changes).toEqual(planned.changes);
});

function refusalOf(run: () => unknown): RestoreError {
  try {
    run();
  } catch (error) {
    if (error instanceof RestoreError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

function allPaths(history: Recording["history"]): string[] {
  const tree = history.at(history.journal.head());
  const root = lookup(tree, "/");
  return root === undefined ? [] : [...walk(tree, root, "/")].map(({ path }) => path);
}

function contentOf(
  { tree }: Recording["fs"],
  journal: Recording["history"]["journal"],
  path: string,
) {
  const inode = lookup(tree, path);
  if (inode?.type !== "file") throw new Error(`${path} is no file`);
  return new TextDecoder().decode(readRange(inode, tapeOf(journal)));
}
