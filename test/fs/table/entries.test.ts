import { enableMapSet, produce } from "immer";
import { expect, test } from "vitest";

import type { Ino, Name } from "../../../journal/index.ts";
import {
  type Entries,
  type MutableEntries,
  deleteEntry,
  emptyEntries,
  entriesIn,
  entryDifferences,
  getEntry,
  setEntry,
} from "../../../src/fs/table/entries.ts";
import { hostile } from "../../support/hostile/hostile.ts";
import { Random, seedOf } from "../../support/random.ts";

enableMapSet();

const seeds = Array.from({ length: 4 }, (_, index) => seedOf() + index);

test.each(seeds)("entries do what a map does (seed %i)", (seed) => {
  const random = new Random(seed);
  const directory = { entries: emptyEntries() };
  const map = new Map<Name, Ino>();
  for (let step = 0; step < 5_000; step += 1) {
    change(random, directory, map);
    const name = nameOf(random);
    expect(getEntry(directory.entries, name)).toBe(map.get(name));
  }
  expect(sorted(entriesIn(directory.entries))).toEqual(sorted(map));
});

test.each(seeds)("drafts too, and their differences are the maps' (seed %i)", (seed) => {
  const random = new Random(seed);
  const map = new Map<Name, Ino>();
  let directory: { readonly entries: Entries } = { entries: emptyEntries() };
  for (let batch = 0; batch < 40; batch += 1) {
    const [before, mapBefore] = [directory, new Map(map)];
    directory = produce(directory, (draft: { entries: MutableEntries }) => {
      for (let step = 0; step < random.pick([1, 5, 60]); step += 1) change(random, draft, map);
    });
    expect(sorted(entriesIn(directory.entries))).toEqual(sorted(map));
    expect(sorted(entriesIn(before.entries))).toEqual(sorted(mapBefore));
    const names = new Set([...mapBefore.keys(), ...map.keys()]);
    const expected = [...names]
      .filter((name) => mapBefore.get(name) !== map.get(name))
      .map((name) => [name, mapBefore.get(name), map.get(name)] as const);
    expect(sorted(entryDifferences(before.entries, directory.entries))).toEqual(sorted(expected));
  }
});

test("names whose hashes collide stand side by side", () => {
  const names = collidingNames();
  expect(new Set(names).size).toBe(64);
  const directory = { entries: emptyEntries() };
  for (const [index, name] of names.entries()) setEntry(directory, name, (index + 2) as Ino);
  for (const [index, name] of names.entries())
    expect(getEntry(directory.entries, name)).toBe(index + 2);
  for (const name of names.slice(1)) deleteEntry(directory, name);
  expect([...entriesIn(directory.entries)]).toEqual([[names[0], 2]]);
});

test("no name is special", () => {
  const directory = { entries: emptyEntries() };
  for (const name of hostile) expect(getEntry(directory.entries, name as Name)).toBeUndefined();
  for (const [index, name] of hostile.entries())
    setEntry(directory, name as Name, (index + 2) as Ino);
  for (const [index, name] of hostile.entries())
    expect(getEntry(directory.entries, name as Name)).toBe(index + 2);
});

function change(random: Random, directory: { entries: MutableEntries }, map: Map<Name, Ino>): void {
  const name = nameOf(random);
  if (random.once(3)) {
    deleteEntry(directory, name);
    map.delete(name);
    return;
  }
  const ino = (2 + random.below(1_000_000)) as Ino;
  setEntry(directory, name, ino);
  map.set(name, ino);
}

function nameOf(random: Random): Name {
  return (random.once(20) ? random.pick(hostile) : `file-${random.below(800)}`) as Name;
}

/** Makes 64 names with the same FNV-1a hash, from six pairs that each lead to the same state. */
function collidingNames(): Name[] {
  let names = [""];
  let state = 0x811c9dc5;
  for (let stage = 0; stage < 6; stage += 1) {
    const { pair, next } = collidingPair(state);
    names = names.flatMap((name) => pair.map((more) => name + more));
    state = next;
  }
  return names.map((name) => name as Name);
}

/** Finds two texts of two UTF-16 units that take the hash from a state to the same next one. */
function collidingPair(state: number): { pair: readonly [string, string]; next: number } {
  const step = (hash: number, unit: number) => Math.imul(hash ^ unit, 0x01000193);
  const seen = new Map<number, string>();
  for (let first = 0x100; first < 0xd800; first += 1) {
    const hash = step(state, first);
    // The second unit gives the lower half a common value; the upper half has to agree by chance.
    const second = (hash & 0xffff) ^ 0x4e2d;
    if (second < 0x100 || (second >= 0xd800 && second < 0xe000)) continue;
    const text = String.fromCharCode(first, second);
    const other = seen.get(hash >>> 16);
    if (other !== undefined) return { pair: [other, text], next: step(hash, second) };
    seen.set(hash >>> 16, text);
  }
  throw new Error("no two texts collide");
}

function sorted<T extends readonly [string, ...unknown[]]>(entries: Iterable<T>): T[] {
  return [...entries].sort(([left], [right]) => (left < right ? -1 : 1));
}
