import { expect, test } from "vitest";

import { redo, runWords, undo, undoStack } from "../../../src/history/index.ts";
import { unappliedAt } from "../../../src/host/index.ts";
import { type Loop, withLoop } from "../../support/loop.ts";

const base = "one\ntwo\nthree\n";
const programs = "ONE\ntwo\nthree\n";
const users = "one\ntwo\nTHREE\n";
const merged = "ONE\ntwo\nTHREE\n";

/** Runs with a text that both sides changed in different lines. */
function withConflict(run: (loop: Loop) => void): void {
  withLoop({ a: base, b: "base" }, (loop) => {
    loop.program({ a: programs });
    loop.user({ a: users, b: "user" });
    run(loop);
  });
}

test("an apply that merged is taken back as one: this machine's file, and the program's", () => {
  withConflict((loop) => {
    loop.apply({ conflicts: "merge" });
    expect([loop.inside()["a"], loop.outside()["a"]]).toEqual([merged, merged]);
    for (let time = 0; time < 2; time += 1) {
      loop.undoApply();
      expect([loop.inside()["a"], loop.outside()["a"]]).toEqual([programs, users]);
      expect(loop.apply().conflicts.map(({ path }) => path)).toEqual(["a"]);
      const [unapplied] = unappliedAt(loop.recording.history, loop.recording.journal.head());
      expect(unapplied).toMatchObject({ runs: [2] });
      loop.apply({ conflicts: "merge" });
      expect([loop.inside()["a"], loop.outside()["a"]]).toEqual([merged, merged]);
    }
  });
});

test("what a program wrote over a merged text stays when the apply is taken back", () => {
  withConflict((loop) => {
    loop.apply({ conflicts: "merge" });
    loop.program({ a: "later\n" });
    loop.undoApply();
    expect([loop.inside()["a"], loop.outside()["a"]]).toEqual(["later\n", users]);
    expect(loop.apply().conflicts.map(({ path }) => path)).toEqual(["a"]);
  });
});

test("no undo takes back a half of an apply that settled conflicts", () => {
  for (const conflicts of ["merge", "theirs"] as const) {
    withConflict((loop) => {
      const { fs, history, journal } = loop.recording;
      const { run } = loop.apply({ conflicts });
      expect(() => undo(fs, history)).toThrow(`run ${run} changed nothing here`);
      expect(undoStack(journal).done.map(({ start }) => start.cause)).toEqual(["import", "guest"]);
      expect(() => undo(fs, history, { run: Number(run) - 1 })).toThrow(`is a part of run ${run}`);
      expect(() => undo(fs, history, { run: Number(run) })).toThrow("apply DIR --undo");
      loop.undoApply();
      expect(undo(fs, history).run).toBe(2);
      expect(loop.inside()["a"]).toBe(base);
    });
  }
});

test("an import that merged is undone and redone as one, and the conflict comes back with it", () => {
  withConflict((loop) => {
    const { fs, history } = loop.recording;
    const { run } = loop.import({ conflicts: "merge" });
    expect(loop.inside()).toEqual({ a: merged, b: "user" });
    expect(undo(fs, history).run).toBe(run);
    expect(loop.inside()).toEqual({ a: programs, b: "base" });
    expect(loop.apply({ mode: "dry-run" }).conflicts.map(({ path }) => path)).toEqual(["a"]);
    expect(redo(fs, history).run).toBe(run);
    expect(loop.inside()).toEqual({ a: merged, b: "user" });
    expect(loop.apply().conflicts).toEqual([]);
    expect(loop.outside()).toEqual({ a: merged, b: "user" });
  });
});

test("an import that settled is no common state once it is undone, also after an apply that was taken back", () => {
  withConflict((loop) => {
    const { fs, history } = loop.recording;
    const { run } = loop.import({ conflicts: "merge" });
    loop.apply();
    loop.undoApply();
    expect(undo(fs, history).run).toBe(run);
    expect([loop.inside()["a"], loop.outside()["a"]]).toEqual([programs, users]);
    expect(loop.apply().conflicts.map(({ path }) => path)).toEqual(["a"]);
    expect(loop.outside()["a"]).toBe(users);
  });
});

test("a run's words name no more than a few paths, and none that it left alone", () => {
  const files = Object.fromEntries(Array.from("abcdefg", (name) => [name, "base"]));
  withLoop(files, (loop) => {
    loop.program(Object.fromEntries(Object.keys(files).map((name) => [name, "program"])));
    loop.user(Object.fromEntries(Object.keys(files).map((name) => [name, "user"])));
    loop.import();
    loop.import({ conflicts: "theirs" });
    const told = loop.recording.journal.runs().map(({ start }) => runWords(start).join(" "));
    expect(told.slice(2)).toEqual([
      `import ${loop.host} /in`,
      `import ${loop.host} /in`,
      `import ${loop.host} /in a b c and 4 more`,
      expect.stringMatching(/^restore #\d+ /),
    ]);
  });
});
