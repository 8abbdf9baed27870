import { expect, test } from "vitest";

import {
  type Event,
  type Ino,
  type Name,
  type RunNumber,
  type Seq,
  rootIno,
} from "../../journal/index.ts";
import {
  type Limits,
  MisfitError,
  type MutableTree,
  apply,
  emptyTree,
  judge,
  noLimits,
  profiles,
} from "../../src/fs/index.ts";
import { openRandomWorld } from "../support/model/random-world.ts";
import { Random, seedOf } from "../support/random.ts";
import { treeDump } from "../support/dump/tree-dump.ts";
import { treeFaults } from "../support/hostile/tree-faults.ts";
import { noTape } from "../support/no-tape.ts";

const seeds = Array.from({ length: 3 }, (_, index) => seedOf() + index);

test.each(seeds)("what the filesystem recorded is accepted (seed %i)", (seed) => {
  const { fs, events } = recorded(seed, 3_000);
  for (const limits of [fs.limits, noLimits]) {
    const tree = emptyTree();
    for (const event of events) judge(tree, event, limits, noTape);
    expect(treeDump(tree)).toEqual(treeDump(fs.tree));
  }
});

test.each(seeds)("an event that was tampered with leaves a tree behind (seed %i)", (seed) => {
  const random = new Random(seed);
  const { events } = recorded(seed, 800);
  const tree = emptyTree();
  let refused = 0;
  for (const event of events) {
    const before = treeDump(tree);
    if (isRefused(tree, tampered(event, random))) {
      refused += 1;
      expect(treeDump(tree)).toEqual(before);
    }
    expect(treeFaults(tree)).toEqual([]);
    isRefused(tree, event);
  }
  expect(refused).toBeGreaterThan(events.length / 10);
});

const d = { ino: 2 as Ino, path: "/d", parent: rootIno, name: "d" as Name };
const f = { ino: 3 as Ino, path: "/d/f", parent: d.ino, name: "f" as Name };
const g = { ino: 4 as Ino, path: "/d/g" };
const begun: readonly Parameters<typeof stamped>[0][] = [
  { kind: "mkdir", ...d },
  { kind: "create", ...f },
  { kind: "create", ...g, parent: d.ino, name: "g" as Name },
  { kind: "set-size", ...g, size: 5 },
  { kind: "set-mode", ino: f.ino, path: "/d/f", mode: 0o600 },
];

test.each<readonly [string, Parameters<typeof stamped>[0]]>([
  [
    "a link to a directory",
    { kind: "link", ...d, path: "/d/self", parent: d.ino, name: "self" as Name },
  ],
  [
    "an inode that is there",
    { kind: "create", ...f, path: "/g", parent: rootIno, name: "g" as Name },
  ],
  [
    "an inode out of turn",
    { kind: "create", ...f, ino: 9 as Ino, path: "/g", parent: rootIno, name: "g" as Name },
  ],
  ["a path that is taken", { kind: "create", ...f, ino: 5 as Ino }],
  [
    "a name that leads up",
    { kind: "create", ino: 5 as Ino, path: "/..", parent: rootIno, name: ".." as Name },
  ],
  [
    "a name with a slash",
    { kind: "mkdir", ino: 5 as Ino, path: "/a/b", parent: rootIno, name: "a/b" as Name },
  ],
  [
    "a name that is too long",
    {
      kind: "mkdir",
      ino: 5 as Ino,
      path: `/${"n".repeat(256)}`,
      parent: rootIno,
      name: "n".repeat(256) as Name,
    },
  ],
  [
    "a path of another entry",
    { kind: "create", ino: 5 as Ino, path: "/x", parent: rootIno, name: "y" as Name },
  ],
  [
    "a parent that is no directory",
    { kind: "create", ino: 5 as Ino, path: "/d/f/x", parent: f.ino, name: "x" as Name },
  ],
  [
    "the removal of what is not there",
    { kind: "unlink", ...f, name: "g" as Name, path: "/d/g", kept: false },
  ],
  ["the removal of another inode", { kind: "unlink", ...f, ino: d.ino, kept: false }],
  ["the removal of a full directory", { kind: "rmdir", ...d, kept: false }],
  [
    "a directory that is moved into itself",
    { kind: "rename", ...d, toParent: d.ino, toName: "e" as Name, to: "/d/e" },
  ],
  [
    "a move that tells of another replaced",
    {
      kind: "rename",
      ...f,
      toParent: rootIno,
      toName: "e" as Name,
      to: "/e",
      replaced: { ino: d.ino, kept: false },
    },
  ],
  [
    "a write to a directory",
    { kind: "write", ino: d.ino, path: "/d", offset: 0, length: 1, tape: 0 as never },
  ],
  [
    "a write to where numbers end",
    {
      kind: "write",
      ino: f.ino,
      path: "/d/f",
      offset: Number.MAX_SAFE_INTEGER,
      length: 1,
      tape: 0 as never,
    },
  ],
  [
    "a write beyond a limit",
    {
      kind: "write",
      ino: f.ino,
      path: "/d/f",
      offset: profiles.strict["file-bytes"],
      length: 1,
      tape: 0 as never,
    },
  ],
  ["a size that is set to what it is", { kind: "set-size", ...g, size: 5 }],
  ["a mode that is set to what it is", { kind: "set-mode", ino: f.ino, path: "/d/f", mode: 0o600 }],
  ["a mode that is none", { kind: "set-mode", ino: f.ino, path: "/d/f", mode: 0o10000 }],
  [
    "a new directory with a mode below nothing",
    { kind: "mkdir", ino: 5 as Ino, path: "/m", parent: rootIno, name: "m" as Name, mode: -1 },
  ],
  ["a size below nothing", { kind: "set-size", ino: f.ino, path: "/d/f", size: -1 }],
  [
    "extents that overlap",
    { kind: "revert", ino: f.ino, path: "/d/f", size: 4, extents: [extent(0, 4), extent(2, 2)] },
  ],
  [
    "extents past the size",
    { kind: "revert", ino: f.ino, path: "/d/f", size: 4, extents: [extent(0, 5)] },
  ],
  [
    "times of an inode that is not there",
    { kind: "set-times", ino: 7 as Ino, path: "(inode 7)", mtime: 1n },
  ],
  [
    "a read of what is not there",
    { kind: "read", ino: 7 as Ino, path: "(inode 7)", offset: 0, length: 1 },
  ],
])("%s is refused", (_, fact) => {
  const tree = emptyTree();
  for (const one of begun) judge(tree, stamped(one), profiles.strict, noTape);
  const before = treeDump(tree);
  expect(() => judge(tree, stamped(fact), profiles.strict, noTape)).toThrow(MisfitError);
  expect(treeDump(tree)).toEqual(before);
});

function recorded(seed: number, calls: number) {
  const world = openRandomWorld(seed);
  const { fs, journal } = world;
  for (let call = 0; call < calls; call += 1) world.step();
  return { fs, events: journal.events(1 as Seq, journal.head()) };
}

function isRefused(tree: MutableTree, event: Event, limits: Limits = noLimits): boolean {
  try {
    judge(tree, event, limits, noTape);
    return false;
  } catch (error) {
    if (!(error instanceof MisfitError)) throw error;
    return true;
  }
}

/** Returns the same event with one of its fields changed. */
function tampered(event: Event, random: Random): Event {
  const fields = Object.entries(event).filter(([field]) => field !== "kind" && field !== "seq");
  const [field, value] = random.pick<[string, unknown]>(fields);
  return { ...event, [field]: changed(value, random) };
}

function changed(value: unknown, random: Random): unknown {
  if (typeof value === "number") return random.pick([-1, 0, 1, 2, value + 1, value - 1, 2 ** 53]);
  if (typeof value === "string")
    return random.pick(["", "..", "a", "/", `${value}x`, `${value}/x`]);
  if (typeof value === "boolean") return !value;
  if (typeof value === "bigint") return value + 1n;
  return Array.isArray(value) ? [...value, ...value] : undefined;
}

function extent(offset: number, length: number) {
  return { offset, length, tape: "hole" } as const;
}

type Unstamped<T> = T extends Event ? Omit<T, "seq" | "time" | "run"> : never;

function stamped(fact: Unstamped<Event>): Event {
  return { ...fact, seq: 1 as Seq, time: 1n, run: 1 as RunNumber };
}

test("an empty file may be emptied, as O_TRUNC does", () => {
  const tree = emptyTree();
  for (const one of begun) judge(tree, stamped(one), profiles.strict, noTape);
  const emptied = stamped({ kind: "set-size", ino: f.ino, path: f.path, size: 0 });
  expect(() => judge(tree, emptied, profiles.strict, noTape)).not.toThrow();
});

test("replaying without a judge refuses, too, what makes no tree", () => {
  const tree = emptyTree();
  for (const one of begun) apply(tree, stamped(one), noTape);
  expect(() =>
    apply(
      tree,
      stamped({ kind: "link", ...d, path: "/d/self", parent: d.ino, name: "self" as Name }),
      noTape,
    ),
  ).toThrow(MisfitError);
});
