import fc from "fast-check";
import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { nearest, whereabouts } from "../../../src/history/index.ts";
import type { Recorder } from "../../support/journal.ts";
import { openRecording } from "../../support/recording.ts";

test("what is gone was taken away by the last event that did, of it or of what it lay in", () => {
  const { recorder, whereIs } = recorded((step) => {
    step.mkdir("/old");
    step.write("/old/a", "1");
    step.rename("/old/a", "/old/b");
    step.rename("/old", "/new");
    step.write("/c", "1");
    step.remove("/c");
    step.write("/c", "2");
    step.remove("/c");
  });
  expect(whereIs("/old/a")).toMatchObject({ kind: "gone", by: { kind: "rename", to: "/old/b" } });
  expect(whereIs("/old/b")).toMatchObject({ kind: "gone", by: { kind: "rename", to: "/new" } });
  const last = recorder.journal.head() - 1;
  expect(whereIs("/c")).toMatchObject({ kind: "gone", by: { kind: "unlink", seq: last } });
});

test("what is not there yet comes with the event that makes it", () => {
  const { whereIs } = recorded((step) => {
    step.write("/a", "1");
    step.write("/b", "1");
    step.rename("/b", "/c");
  });
  expect(whereIs("/b", 3)).toMatchObject({ kind: "comes", with: { kind: "create", seq: 4 } });
  expect(whereIs("/c", 3)).toMatchObject({ kind: "comes", with: { kind: "rename", seq: 6 } });
});

test("what never was is like what is or was, and not like what was asked for in vain", () => {
  const { whereIs } = recorded((step) => {
    step.mkdir("/shop");
    step.write("/shop/orders.csv", "1");
    step.remove("/shop/orders.csv");
    step.write("/shop/settings.json", "{}");
    step.refuse("open-at", "/../shop/ordes.cvs");
    step.refuse("open-at", "/../../shadow");
  });
  expect(whereIs("/shop/ordes.cvs")).toEqual({ kind: "unknown", near: "/shop/orders.csv" });
  expect(whereIs("/setings.json")).toEqual({ kind: "unknown", near: "/shop/settings.json" });
  expect(whereIs("/shado")).toEqual({ kind: "unknown" });
  expect(whereIs("/x")).toEqual({ kind: "unknown" });
});

test("the nearest path has the fewest wrong letters, swapped ones counting as one", () => {
  const paths = ["/data/inputs", "/data/inptu", "/data/output", "/etc/input"];
  expect(nearest("/data/input", paths)).toBe("/data/inputs");
  expect(nearest("/data/inptut", paths)).toBe("/data/inptu");
  expect(nearest("/data/otuput", paths)).toBe("/data/output");
  expect(nearest("/input", paths)).toBe("/etc/input");
  expect(nearest("/data/something", paths)).toBeUndefined();
});

test("a path is as near as the fewest letters that lead from one to the other", () => {
  const letter = fc.constantFrom("a", "b", "/");
  const text = fc.string({ unit: letter, minLength: 3, maxLength: 16 });
  const edits = fc.array(fc.tuple(fc.nat(16), fc.nat(2), fc.array(letter, { maxLength: 2 })), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(text, edits, (left, changes) => {
      const cells = Array.from(left);
      for (const [at, dropped, added] of changes)
        cells.splice(at, dropped, ...added, ...cells.slice(at, at + 2).reverse());
      const right = cells.join("");
      const most = Math.min(3, Math.floor((left.length + 1) / 4));
      const isNear = left !== right && letters(left, right) <= most;
      // Without a name they have nothing else in common.
      expect(nearest(`${left}/`, [`${right}/`])).toBe(isNear ? `${right}/` : undefined);
    }),
    { numRuns: 2_000 },
  );
});

/** Counts the letters to add, drop, change or swap with the next, in the simplest way. */
function letters(left: string, right: string): number {
  const known = new Map<string, number>();
  const from = (one: number, other: number): number => {
    const key = `${one} ${other}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const ways = [one + other];
    if (one > 0) ways.push(from(one - 1, other) + 1);
    if (other > 0) ways.push(from(one, other - 1) + 1);
    if (one > 0 && other > 0)
      ways.push(from(one - 1, other - 1) + (left[one - 1] === right[other - 1] ? 0 : 1));
    if (
      one > 1 &&
      other > 1 &&
      left[one - 1] === right[other - 2] &&
      left[one - 2] === right[other - 1]
    )
      ways.push(from(one - 2, other - 2) + 1);
    const fewest = Math.min(...ways);
    known.set(key, fewest);
    return fewest;
  };
  return from(left.length, right.length);
}

function recorded(body: (step: Recorder) => void) {
  const { history, recorder } = openRecording();
  recorder.run("test", [], () => body(recorder));
  const { journal } = history;
  return {
    recorder,
    whereIs: (path: string, seq: number = journal.head()) => whereabouts(history, path, seq as Seq),
  };
}
