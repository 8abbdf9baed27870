import { expect, test } from "vitest";

import { verifyStates } from "../../../src/history/index.ts";
import {
  HostError,
  type ImportOptions,
  importSteps,
  stoppedImport,
} from "../../../src/host/index.ts";
import { type Loop, withLoop } from "../../support/loop.ts";
import { Random, seedOf } from "../../support/random.ts";
import { scale } from "../../support/scale.ts";
import { some } from "../../support/some.ts";

/** Imports, and stops before the n-th step; tells whether it came so far. */
function importUpTo(loop: Loop, most: number, options: ImportOptions = {}): boolean {
  const { fs, history } = loop.recording;
  const steps = importSteps(fs, loop.host, "/in", { history, ...options });
  for (let step = 0; step < most; step += 1) if (steps.next().done === true) return false;
  expect(() => steps.throw(stoppedImport(loop.host))).toThrow(HostError);
  return true;
}

/**
 * Does the same with an import that is stopped before each of its steps, each time from the beginning; in the short form
 * before every fourth one.
 */
function atEachStep(
  prepare: (loop: Loop) => void,
  then: (loop: Loop) => void,
  options: ImportOptions = {},
): void {
  const every = scale > 1 ? 1 : 4;
  let stops = new Random(seedOf()).below(every);
  for (let isStopped = true; isStopped; stops += every) {
    withLoop({ a: "base", b: "base", "d/c": "base", "d/gone": "base", long: "base" }, (loop) => {
      prepare(loop);
      isStopped = importUpTo(loop, stops, options);
      try {
        then(loop);
      } catch (cause) {
        throw new Error(`stopped before step ${stops}`, { cause });
      }
    });
  }
  expect(stops).toBeGreaterThan(10);
}

/** It takes several steps to copy. */
const long = "user".repeat(300 * 1024);

const changedByUser = { b: "user", "d/gone": undefined, "new/e": "user", long };

function changeBoth(loop: Loop): void {
  loop.program({ a: "program", made: "program" });
  loop.user(changedByUser);
}

const both = {
  a: "program",
  b: "user",
  "d/c": "base",
  long,
  made: "program",
  "new/e": "user",
};

test("an import that is stopped anywhere has an end that says so, and the next one brings the rest", () => {
  atEachStep(changeBoth, (loop) => {
    const { journal } = loop.recording;
    const [, , imported] = journal.runs();
    if (imported !== undefined) expect(["interrupted", undefined]).toContain(imported.end?.reason);
    expect(journal.runs().every(({ end }) => end !== undefined)).toBe(true);
    expect(verifyStates(journal)).toBeUndefined();
    expect(loop.import().conflicts).toEqual([]);
    expect(loop.inside()).toEqual(both);
    expect(loop.apply().conflicts).toEqual([]);
    expect(loop.outside()).toEqual(both);
  });
});

test("what a program changed is still offered after an import that was stopped anywhere, and nothing else is", () => {
  atEachStep(changeBoth, (loop) => {
    const { changes, conflicts } = loop.apply();
    expect(conflicts).toEqual([]);
    expect(changes.map(({ path }) => path)).toEqual(["a", "made"]);
    const { d: _, ...outside } = { ...both, d: undefined };
    expect(loop.outside()).toEqual(outside);
    expect(loop.import().conflicts).toEqual([]);
    expect(loop.inside()).toEqual(both);
  });
});

test("a fresh import that was stopped leaves what it did not reach to the program", () => {
  for (const options of some([{ from: "fresh" }, { extra: "delete" }] as const)) {
    atEachStep(
      (loop) => {
        loop.program({ a: "program", long: "program", made: "program" });
        loop.user({ b: "user" });
      },
      (loop) => {
        const before = loop.inside();
        loop.import();
        expect(loop.inside()).toEqual({ ...before, b: "user" });
        loop.apply();
        expect(loop.outside()).toEqual(loop.inside());
      },
      options,
    );
  }
});

test("a first import that was stopped, and a program's work on what it brought, lose nothing", () => {
  for (let stops = 0, isStopped = true; isStopped; stops += 1) {
    withLoop({}, (loop) => {
      loop.user({ a: "user", "d/b": "user", "d/c": "user", e: "user" });
      isStopped = importUpTo(loop, stops);
      const reached = Object.keys(loop.inside());
      loop.program(Object.fromEntries(reached.map((path) => [path, "program"])));
      expect(loop.import().conflicts).toEqual([]);
      const expected = ["a", "d/b", "d/c", "e"].map((path) => [
        path,
        reached.includes(path) ? "program" : "user",
      ]);
      expect(loop.inside()).toEqual(Object.fromEntries(expected));
    });
  }
});
