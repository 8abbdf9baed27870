import { expect, test } from "vitest";

import { type Event, type Ino, type Name, rootIno } from "../../journal/index.ts";
import {
  type Limits,
  MisfitError,
  type MutableTree,
  type Reach,
  Referee,
  profiles,
  resolve,
} from "../../src/fs/index.ts";
import type { Preopen } from "../../src/wasi/index.ts";
import { Random, seedOf } from "../support/random.ts";
import {
  around,
  eventsOf,
  inside,
  openRandomWorld,
  type RandomWorld,
  replayed,
} from "../support/model/random-world.ts";
import { treeDump } from "../support/dump/tree-dump.ts";
import { treeFaults } from "../support/hostile/tree-faults.ts";

const seeds = Array.from({ length: 3 }, (_, index) => seedOf() + index);
const given: readonly (readonly [string, readonly Preopen[]])[] = [
  ["a directory", [inside]],
  ["a directory, and all to look at", [inside, around]],
  ["all to look at", [around]],
];
const used: Partial<Limits> = { events: 120, "tape-bytes": 3_000 };

/** Runs a guest that has only these preopens, in an existing tree; returns its recorded events. */
function confinedRun(
  seed: number,
  preopens: readonly Preopen[],
  limits: Partial<Limits> = {},
): { readonly before: () => MutableTree; readonly own: readonly Event[]; readonly limits: Limits } {
  const world = openRandomWorld(seed);
  repeat(world, 400);
  const fs = world.confine({ preopens, limits, accesses: "record" });
  const earlier = eventsOf(world.journal);
  repeat(world, 600);
  fs.finish();
  const own = eventsOf(world.journal).slice(earlier.length);
  return { before: () => replayed(earlier), own, limits: fs.limits };
}

function repeat(world: RandomWorld, calls: number): void {
  for (let call = 0; call < calls; call += 1) world.step();
}

function refereeOf(tree: MutableTree, preopens: readonly Preopen[], limits: Limits): Referee {
  const reach = preopens.map(({ directory = "/", access }): Reach => {
    const path = directory.slice(1);
    const ino = path === "" ? rootIno : resolve(tree, limits, rootIno, path, "follow").ino;
    if (ino === undefined) throw new Error(`${directory} is not there`);
    return { ino, access };
  });
  return new Referee({ tree, limits, reach, accesses: "record" });
}

const cases = seeds.flatMap((seed) => given.map(([what, preopens]) => ({ seed, what, preopens })));

test.each(cases)("what a guest with $what recorded is admitted (seed $seed)", (one) => {
  for (const limit of [{}, used]) {
    const { before, own, limits } = confinedRun(one.seed, one.preopens, limit);
    const tree = before();
    const referee = refereeOf(tree, one.preopens, limits);
    for (const event of own) referee.admit(event);
    const expected = before();
    for (const event of own) replayOnto(expected, event);
    expect(treeDump(tree)).toEqual(treeDump(expected));
  }
});

test.each(cases)(
  "whatever a guest with $what records, nothing outside of that changes (seed $seed)",
  ({ seed, preopens }) => {
    const random = new Random(seed);
    const { before, own, limits } = confinedRun(seed, preopens);
    const tree = before();
    const outside = dumpOutside(tree);
    const referee = refereeOf(tree, preopens, limits);
    let refused = 0;
    for (const event of own) {
      for (let time = 0; time < 3; time += 1)
        if (isRefused(referee, tampered(event, random, tree))) refused += 1;
      isRefused(referee, event);
    }
    expect(treeFaults(tree)).toEqual([]);
    expect(dumpOutside(tree, outside.shared)).toEqual(outside);
    expect(refused).toBeGreaterThan(0);
  },
);

test.each(seeds)("no more is admitted than the limits allow (seed %i)", (seed) => {
  const { before, own, limits } = confinedRun(seed, [inside]);
  const strict = { ...limits, ...used };
  const tree = before();
  const referee = refereeOf(tree, [inside], strict);
  let [events, bytes] = [0, 0];
  for (const event of own) {
    if (isRefused(referee, event)) continue;
    events += 1;
    bytes += event.kind === "write" ? event.length : 0;
  }
  expect(events).toBeLessThanOrEqual(strict.events + 3);
  expect(bytes).toBeLessThanOrEqual(strict["tape-bytes"]);
});

const p = { ino: 2 as Ino, path: "/p", parent: rootIno, name: "p" as Name };
const own = { ino: 3 as Ino, path: "/p/own", parent: p.ino, name: "own" as Name };
const other = { ino: 4 as Ino, path: "/other", parent: rootIno, name: "other" as Name };
const hidden = { ino: 5 as Ino, path: "/other/hidden", parent: other.ino, name: "hidden" as Name };
const shared = { ino: own.ino, path: "/other/shared", parent: other.ino, name: "shared" as Name };
const world: readonly Parameters<typeof stamped>[0][] = [
  { kind: "mkdir", ...p },
  { kind: "create", ...own },
  { kind: "mkdir", ...other },
  { kind: "create", ...hidden },
  { kind: "link", ...shared },
];
const byte = { offset: 0, length: 1, tape: 0 as never };
const born = { ino: 6 as Ino, path: "/p/born", parent: p.ino, name: "born" as Name };
const taken = { path: "/p/taken", parent: p.ino, name: "taken" as Name };

function refereeHere(reach: readonly Reach[], accesses: "record" | "ignore" = "record"): Referee {
  const tree = replayed(world.map(stamped));
  return new Referee({ tree, limits: profiles.default, reach, accesses });
}

test.each<readonly [string, Parameters<typeof stamped>[0]]>([
  ["a new file beside", { kind: "create", ...born, path: "/born", parent: rootIno }],
  [
    "a new file in another directory",
    { kind: "create", ...born, path: "/other/born", parent: other.ino },
  ],
  ["a file under a number that is not next", { kind: "create", ...born, ino: 9 as Ino }],
  ["a directory under a number that was", { kind: "mkdir", ...born, ino: 4 as Ino }],
  ["a write to another file", { kind: "write", ino: hidden.ino, path: hidden.path, ...byte }],
  [
    "a write to another file under a name of its own",
    { kind: "write", ino: hidden.ino, path: own.path, ...byte },
  ],
  [
    "another size of another file",
    { kind: "set-size", ino: hidden.ino, path: hidden.path, size: 5 },
  ],
  [
    "other times of another directory",
    { kind: "set-times", ino: other.ino, path: other.path, mtime: 5n },
  ],
  [
    "a mode for a file of its own",
    { kind: "set-mode", ino: own.ino, path: own.path, mode: 0o4755 },
  ],
  ["a mode for a new file", { kind: "create", ...born, mode: 0o4755 }],
  ["a mode for a new directory", { kind: "mkdir", ...born, mode: 0o777 }],
  [
    "a read of another file",
    { kind: "read", ino: hidden.ino, path: hidden.path, offset: 0, length: 1 },
  ],
  ["the opening of another file", { kind: "open", ino: hidden.ino, path: hidden.path }],
  ["the removal of another file", { kind: "unlink", ...hidden, kept: false }],
  ["the removal of the other name of its own file", { kind: "unlink", ...shared, kept: false }],
  ["a link to another file", { kind: "link", ino: hidden.ino, ...taken }],
  [
    "a link to its own file from outside",
    { kind: "link", ino: own.ino, path: "/other/more", parent: other.ino, name: "more" as Name },
  ],
  [
    "another file that is moved in",
    { kind: "rename", ...hidden, toParent: p.ino, toName: "taken" as Name, to: "/p/taken" },
  ],
  [
    "its own file that is moved out",
    { kind: "rename", ...own, toParent: other.ino, toName: "own" as Name, to: "/other/own" },
  ],
  [
    "its own file in place of another",
    {
      kind: "rename",
      ...own,
      toParent: other.ino,
      toName: "hidden" as Name,
      to: "/other/hidden",
      replaced: { ino: hidden.ino, kept: false },
    },
  ],
  ["the removal of its own directory", { kind: "rmdir", ...p, kept: true }],
  [
    "its own directory that is moved",
    { kind: "rename", ...p, toParent: rootIno, toName: "q" as Name, to: "/q" },
  ],
  ["a content that was", { kind: "revert", ino: own.ino, path: own.path, size: 0, extents: [] }],
  ["an end of the run", { kind: "run-end", exit: 0 }],
  ["a mark", { kind: "mark", name: "m", at: 1 as never }],
])("a guest that has one directory: %s is refused", (_, fact) => {
  const referee = refereeHere([{ ino: p.ino, access: "read-write" }]);
  expect(() => referee.admit(stamped(fact))).toThrow(MisfitError);
});

test.each<readonly [string, Parameters<typeof stamped>[0]]>([
  ["a new file", { kind: "create", ...born }],
  ["a write", { kind: "write", ino: own.ino, path: own.path, ...byte }],
  ["a link", { kind: "link", ino: own.ino, ...taken }],
  ["other times", { kind: "set-times", ino: p.ino, path: p.path, mtime: 5n }],
  ["a removal", { kind: "unlink", ...own, kept: false }],
])(
  "a guest that may change its directory records %s, and one that may only read it does not",
  (_, fact) => {
    refereeHere([{ ino: p.ino, access: "read-write" }]).admit(stamped(fact));
    const reading = refereeHere([{ ino: p.ino, access: "read-only" }]);
    expect(() => reading.admit(stamped(fact))).toThrow(MisfitError);
    reading.admit(stamped({ kind: "read", ino: own.ino, path: own.path, offset: 0, length: 1 }));
  },
);

test.each<readonly [string, Parameters<typeof stamped>[0]]>([
  ["is removed", { kind: "unlink", ...own, kept: false }],
  [
    "makes room for another",
    {
      kind: "rename",
      ...born,
      toParent: p.ino,
      toName: own.name,
      to: own.path,
      replaced: { ino: own.ino, kept: false },
    },
  ],
])("a file stays the guest's own when its name %s and one outside is left", (_, fact) => {
  const referee = refereeHere([{ ino: p.ino, access: "read-write" }]);
  referee.admit(stamped({ kind: "create", ...born }));
  referee.admit(stamped(fact));
  const { ino, path } = shared;
  referee.admit(stamped({ kind: "write", ino, path, ...byte }));
  referee.admit(stamped({ kind: "read", ino, path, offset: 0, length: 1 }));
  expect(() => referee.admit(stamped({ kind: "link", ino, ...taken }))).toThrow(MisfitError);
});

test("accesses are refused where none are recorded", () => {
  const referee = refereeHere([{ ino: rootIno, access: "read-write" }], "ignore");
  const read = { kind: "read", ino: own.ino, path: own.path, offset: 0, length: 1 } as const;
  expect(() => referee.admit(stamped(read))).toThrow(MisfitError);
});

function replayOnto(tree: MutableTree, event: Event): void {
  const referee = new Referee({
    tree,
    limits: profiles.default,
    reach: [{ ino: rootIno, access: "read-write" }],
    accesses: "record",
  });
  referee.admit(event);
}

function isRefused(referee: Referee, event: Event): boolean {
  try {
    referee.admit(event);
    return false;
  } catch (error) {
    if (!(error instanceof MisfitError)) throw error;
    return true;
  }
}

/** Lists the tree outside of /p, without the inodes that have a name in it. */
function dumpOutside(tree: MutableTree, known?: ReadonlySet<number>) {
  const all = [...treeDump(tree)];
  const isIn = (path: string) => path.startsWith("/p/");
  const shared = known ?? new Set(all.filter(([path]) => isIn(path)).map(([, of]) => inoOf(of)));
  const lines = all.filter(([path, of]) => path !== "/p" && !isIn(path) && !shared.has(inoOf(of)));
  return { shared, lines };
}

function inoOf(described: unknown): number {
  return (described as { readonly ino: number }).ino;
}

/** Returns the same event with one or two of its fields changed, to values from the tree. */
function tampered(event: Event, random: Random, tree: MutableTree): Event {
  const dump = [...treeDump(tree)];
  const [path, of] = random.pick(dump);
  const number = () => random.pick([inoOf(of), random.below(tree.nextIno + 2), tree.nextIno]);
  const fields = Object.entries(event).filter(([field]) => field !== "kind" && field !== "seq");
  let changed: Event = event;
  for (let times = 0; times < random.pick([1, 2, 3]); times += 1) {
    const [field, value] = random.pick<[string, unknown]>(fields);
    const other =
      typeof value === "number"
        ? number()
        : typeof value === "string"
          ? random.pick([path, `${path}/a`, path.slice(path.lastIndexOf("/") + 1), "a"])
          : typeof value === "boolean"
            ? !value
            : value;
    changed = { ...changed, [field]: other };
  }
  return changed;
}

type Unstamped<T> = T extends Event ? Omit<T, "seq" | "time" | "run"> : never;

function stamped(fact: Unstamped<Event>): Event {
  return { ...fact, seq: 1, time: 1n, run: 1 } as Event;
}

test("a file whose last name within was removed may still be written by who holds it, and no other", () => {
  const referee = refereeHere([{ ino: p.ino, access: "read-write" }]);
  const { ino } = own;
  const write = stamped({ kind: "write", ino, path: shared.path, ...byte });
  referee.admit(stamped({ kind: "unlink", ...own, kept: false }));
  referee.admit(write);
  expect(() => referee.admit(stamped({ kind: "unlink", ...shared, kept: true }))).toThrow(
    MisfitError,
  );
  expect(() => referee.admit(stamped({ kind: "link", ino: hidden.ino, ...taken }))).toThrow(
    MisfitError,
  );
});
