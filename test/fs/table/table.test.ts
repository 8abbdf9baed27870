import { produce } from "immer";
import { expect, test } from "vitest";

import {
  type MutableTable,
  type Table,
  deleteAt,
  deleteFrom,
  differences,
  emptyTable,
  entriesOf,
  getAt,
  setAt,
} from "../../../src/fs/table/table.ts";
import { Random, seedOf } from "../../support/random.ts";

const seeds = Array.from({ length: 5 }, (_, index) => seedOf() + index);
const largest = Number.MAX_SAFE_INTEGER;
type Value = { readonly text: string };

test.each(seeds)("a table does what a map does (seed %i)", (seed) => {
  const random = new Random(seed);
  const table = emptyTable<Value>();
  const map = new Map<number, Value>();
  for (let step = 0; step < 3_000; step += 1) {
    change(random, table, map);
    const key = keyOf(random);
    expect(getAt(table, key)).toBe(map.get(key));
    if (random.once(100)) expectSame(table, map, key);
  }
  expectSame(table, map, 0);
});

test.each(seeds)("a draft does the same, and leaves what it came from alone (seed %i)", (seed) => {
  const random = new Random(seed);
  const map = new Map<number, Value>();
  let table: Table<Value> = emptyTable();
  for (let batch = 0; batch < 60; batch += 1) {
    const [before, mapBefore] = [table, new Map(map)];
    table = produce(table, (draft: MutableTable<Value>) => {
      for (let step = 0; step < 30; step += 1) change(random, draft, map);
    });
    expectSame(table, map, 0);
    expectSame(before, mapBefore, 0);
    expect(sorted(differences(before, table))).toEqual(differencesOf(mapBefore, map));
  }
});

test("a change copies only the pages on its way, and a difference looks only there", () => {
  let table: Table<Value> = emptyTable();
  table = produce(table, (draft: MutableTable<Value>) => {
    for (let key = 0; key < 10_000; key += 1) setAt(draft, key, { text: `${key}` });
  });
  const changed = produce(table, (draft: MutableTable<Value>) => {
    setAt(draft, 5_000, { text: "changed" });
  });
  const kept = changed.root.filter((page, slot) => page === table.root[slot]);
  expect(kept.length).toBe(table.root.length - 1);
  expect([...differences(table, changed)]).toEqual([
    [5_000, { text: "5000" }, { text: "changed" }],
  ]);
});

test("a table holds the largest key, and gives nothing for keys beyond its reach", () => {
  const table = emptyTable<Value>();
  setAt(table, largest, { text: "last" });
  expect(getAt(table, largest)).toEqual({ text: "last" });
  expect(getAt(table, largest - 1)).toBeUndefined();
  expect([...entriesOf(table)]).toEqual([[largest, { text: "last" }]]);
  deleteFrom(table, largest);
  expect([...entriesOf(table)]).toEqual([]);
  expect(getAt(emptyTable(), largest)).toBeUndefined();
});

function change(random: Random, table: MutableTable<Value>, map: Map<number, Value>): void {
  const key = keyOf(random);
  if (random.once(200)) {
    deleteFrom(table, key);
    for (const held of map.keys()) if (held >= key) map.delete(held);
  } else if (random.once(3)) {
    deleteAt(table, key);
    map.delete(key);
  } else {
    const value = { text: `${random.below(1e9)}` };
    setAt(table, key, value);
    map.set(key, value);
  }
}

function keyOf(random: Random): number {
  const spans = [8, 32, 33, 200, 1_025, 40_000, 2 ** 31, 2 ** 33, largest];
  return Math.min(random.below(random.pick(spans)), largest);
}

function expectSame(table: Table<Value>, map: ReadonlyMap<number, Value>, first: number): void {
  const expected = [...map].filter(([key]) => key >= first).sort(([left], [right]) => left - right);
  expect([...entriesOf(table, first)]).toEqual(expected);
}

function differencesOf(before: ReadonlyMap<number, Value>, after: ReadonlyMap<number, Value>) {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return sorted(
    [...keys]
      .filter((key) => before.get(key) !== after.get(key))
      .map((key) => [key, before.get(key), after.get(key)] as const),
  );
}

function sorted<T extends readonly [number, ...unknown[]]>(entries: Iterable<T>): T[] {
  return [...entries].sort(([left], [right]) => left - right);
}
