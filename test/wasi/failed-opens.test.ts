import { expect, test } from "vitest";

import { type Event } from "../../journal/index.ts";
import { type Fixture, openFilesystem } from "../support/filesystem.ts";
import { keep, open, put } from "../support/wasi/guest.ts";
import { codeOf } from "../support/wasi/outcome.ts";

type Fail = Extract<Event, { kind: "fail" }>;

/** Returns the fruitless calls, in order, when the run has ended. */
function vainIn({ fs, journal }: Fixture): string[] {
  fs.end({ exit: 0 });
  return [...journal.query({ kinds: new Set(["fail"]) })]
    .filter((event): event is Fail & Event => event.kind === "fail")
    .map(({ operation, path, error, count }) => `${operation} ${path} ${error} ×${count}`);
}

test("an open that fails for any reason is recorded", () => {
  const fixture = openFilesystem();
  const { root } = fixture;
  put(root, "f");
  root.createDirectoryAt("d");
  root.symlinkAt("loop", "loop");
  for (const [path, flags] of [
    ["none", {}],
    ["f/x", {}],
    ["f", { directory: true }],
    ["d", { write: true }],
    ["loop", {}],
    ["f", { create: true, exclusive: true }],
  ] as const)
    expect(codeOf(() => open(root, path, flags))).not.toBe("ok");
  expect(vainIn(fixture)).toEqual([
    "open-at none no-entry ×1",
    "open-at f/x not-directory ×1",
    "open-at f not-directory ×1",
    "open-at d is-directory ×1",
    "open-at loop loop ×1",
    "open-at f exist ×1",
  ]);
});

test("a failed open is told where it came up first, and how often it came again at the end", () => {
  const fixture = openFilesystem();
  const { root } = fixture;
  for (let round = 0; round < 50; round += 1) {
    for (const path of ["a", "b", "a"]) expect(codeOf(() => open(root, path))).toBe("no-entry");
    put(root, `made-${round}`);
  }
  expect(vainIn(fixture)).toEqual([
    "open-at a no-entry ×2",
    "open-at b no-entry ×1",
    "open-at a no-entry ×98",
    "open-at b no-entry ×49",
  ]);
});

test("each run tells anew what failed in it", () => {
  const fixture = openFilesystem();
  const { fs, root } = fixture;
  codeOf(() => open(root, "a"));
  fs.end({ exit: 0 });
  fs.begin({ cause: "guest", guest: "again", args: [], environment: [], digest: "" });
  codeOf(() => open(root, "a"));
  expect(vainIn(fixture)).toEqual(["open-at a no-entry ×1", "open-at a no-entry ×1"]);
});

test("of a program that looks everywhere a thousand paths are told, and the number of the others", () => {
  const fixture = openFilesystem();
  const { root } = fixture;
  for (let at = 0; at < 3_000; at += 1) codeOf(() => open(root, `none-${at}`));
  const told = vainIn(fixture);
  expect(told).toHaveLength(1_025);
  expect(told.at(-1)).toBe("open-at / any ×1976");
});

test("a stat of what is not there is recorded only where accesses are", () => {
  for (const [accesses, expected] of [
    ["ignore", []],
    ["record", ["stat-at none no-entry ×1"]],
  ] as const) {
    const fixture = openFilesystem({ accesses });
    codeOf(() => fixture.root.statAt(keep, "none"));
    expect(vainIn(fixture)).toEqual(expected);
  }
});
