import { copyFileSync } from "node:fs";
import Database from "better-sqlite3";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  type ChosenPlaces,
  compact,
  copyJournal,
  type Draft,
  type Event,
  type Ino,
  type Journal,
  openReader,
  openWriter,
  type Query,
  type Seq,
  verify,
} from "../../journal/index.ts";
import { rewriteParts } from "../../journal/postings/parts.ts";
import {
  eventsAt,
  pairOf,
  partOf,
  placesOfIno,
  rowsOf,
  takeFrom,
} from "../../journal/postings/postings.ts";
import { matches } from "../../journal/reading/query.ts";
import { attempts } from "../support/scale.ts";
import { noise, runStart, scratch, tickingClock } from "./support.ts";

const file = scratch();
const inos = 4_000;

/** Returns a random event among some thousand files: the same for a seq each time. */
function draftAt(seq: number): Draft {
  const [a = 0, b = 0, c = 0] = noise(3, seq * 2_654_435_761);
  const ino = (2 + ((a * 256 + b) % inos)) as Ino;
  const paths = [`/d/${ino}`, `/d/${ino}-other`, "/d/for all"];
  const path = paths[c % 3] ?? "";
  if (c < 12) return { kind: "fail", path, operation: "open-at", error: "access", count: seq };
  if (c > 200) return { kind: "set-size", ino, path, size: seq };
  if (c > 80) return { kind: "open", ino, path };
  const to = paths[(c + (c % 2)) % 3] ?? "";
  const replaced = c % 5 === 0 ? { replaced: { ino: (ino + 1) as Ino, kept: false } } : {};
  const [name, toName] = [path.slice(3), to.slice(3)];
  return {
    kind: "rename",
    ino,
    parent: 1,
    path,
    name,
    toParent: 1,
    toName,
    to,
    ...replaced,
  } as Draft;
}

/** Adds events up to a seq, some of them in a run each. */
function grow(path: string, last: number): void {
  const writer = openWriter(path, { now: tickingClock() });
  writer.append(runStart);
  while (writer.head() < last - 1) writer.append(draftAt(writer.head() + 1));
  writer.append({ kind: "run-end", exit: 0 });
  writer.close();
}

const long = file("long.db");
for (const last of [9_000, 20_000, 39_000]) grow(long, last);

const all = eventsIn(long);
const placesIn = (events: readonly Event[]) =>
  events.flatMap((event) => (event.kind === "rename" ? [event.path, event.to] : pathIn(event)));

function pathIn(event: Event): string[] {
  return "path" in event ? [event.path] : [];
}

function eventsIn(path: string): Event[] {
  const reader = openReader(path);
  const events = reader.events(1 as Seq, reader.head());
  reader.close();
  return events;
}

const seq = fc
  .oneof(fc.integer({ min: 1, max: 40_000 }), fc.constantFrom(16_383, 16_384, 32_768))
  .map((value) => value as Seq);
const query: fc.Arbitrary<Query> = fc
  .record(
    {
      ino: fc.integer({ min: 2, max: inos + 10 }).map((value) => value as Ino),
      count: fc.constantFrom(1, 2, 20, 64, 65, 500),
      from: fc.nat(all.length - 1),
      first: seq,
      last: seq,
      order: fc.constantFrom("forward" as const, "reverse" as const),
      kinds: fc.constant(new Set(["rename", "fail"] as const)),
    },
    { requiredKeys: ["from"], noNullPrototype: true },
  )
  .map(({ count, from, ino, ...rest }) => ({
    ...rest,
    ...(ino === undefined ? {} : { ino }),
    ...(count === undefined ? {} : { paths: placesIn(all.slice(from)).slice(0, count) }),
  }));

function answerOf(events: readonly Event[], wanted: Query): Event[] {
  const found = events.filter((event) => matches(wanted, event));
  return wanted.order === "reverse" ? found.reverse() : found;
}

test("a query by inode or by paths finds what a look at every event finds", () => {
  const reader = openReader(long);
  fc.assert(
    fc.property(query, (wanted) => {
      expect([...reader.query(wanted)]).toEqual(answerOf(all, wanted));
    }),
    { numRuns: attempts(60) },
  );
  reader.close();
});

test("places that are chosen by their paths lead to the events that a look at every event finds", () => {
  const chosen = fc.constantFrom("other", "/d/12", "/d/123-", "/d/77", "all", "", "nowhere");
  const numbers = fc.record(
    { kinds: fc.constant(new Set(["rename", "fail"] as const)), run: fc.nat(4) },
    { requiredKeys: [], noNullPrototype: true },
  );
  const reader = openReader(long);
  fc.assert(
    fc.property(chosen, seq, seq, numbers, (text, first, last, rest) => {
      const places = placesWith(reader, text);
      const wanted = { first, last, ...rest };
      const right = all.filter(
        (event) => matches(wanted, event) && placesIn([event]).some((path) => path.includes(text)),
      );
      expect(reader.seqs?.({ ...wanted, places })).toEqual(seqsOf(right));
      expect(reader.seqs?.(wanted)).toEqual(seqsOf(answerOf(all, wanted)));
    }),
    { numRuns: attempts(40) },
  );
  reader.close();
});

test("a writer finds by places what it has taken and not committed, a listing among it", () => {
  const writer = openWriter(file("taken.db"), { now: tickingClock() });
  writer.append(runStart);
  writer.append({ kind: "mkdir", parent: 1, name: "d", ino: 2, path: "/d" } as Draft);
  writer.commit();
  const places = placesWith(writer, "d");
  writer.append({ kind: "open", ino: 2 as Ino, path: "/d" });
  const listing = { kind: "listing", ino: 2, path: "/d", from: "/host", first: 3, entries: 0 };
  const bytes = Buffer.from("a list");
  writer.append(
    { ...listing, promised: 0, start: 0, length: bytes.length } as unknown as Draft,
    bytes,
  );
  expect(writer.seqs?.({ first: 1, last: 9, places })).toEqual([2, 3, 4]);
  writer.commit();
  expect(writer.seqs?.({ first: 1, last: 9, places: placesWith(writer, "d") })).toEqual([2, 3, 4]);
  expect(writer.seqs?.({ first: 1, last: 3, places: placesWith(writer, "x") })).toEqual([]);
  writer.close();
});

function placesWith(journal: Journal, text: string): ChosenPlaces {
  const work = journal.choosePlaces?.((path) => path.includes(text));
  for (;;) {
    const step = work?.next();
    if (step === undefined) throw new Error("this journal has no index");
    if (step.done === true) return step.value;
  }
}

function seqsOf(events: readonly Event[]): Seq[] {
  return events.map((event) => event.seq);
}

test("a reader finds what a writer adds, within a part and beyond its end", () => {
  const path = file("followed.db");
  const writer = openWriter(path, { now: tickingClock() });
  writer.append(runStart);
  writer.commit();
  const reader = openReader(path);
  const wanted: Query = { ino: 7 as Ino };
  const others: Query = { paths: ["/d/7", "/d/for all", "/d/1000-other"], order: "reverse" };
  for (const next of [100, 101, 9_000, 16_382, 16_383, 16_384, 20_000, 33_000]) {
    while (writer.head() < next) writer.append(draftAt(writer.head() + 1));
    writer.commit();
    const events = reader.events(1 as Seq, reader.head());
    expect(events).toHaveLength(next);
    expect([...reader.query(wanted)]).toEqual(answerOf(events, wanted));
    expect([...reader.query(others)]).toEqual(answerOf(events, others));
  }
  reader.close();
  writer.close();
  expect(verify(path)).toMatchObject({ ok: true });
});

test("the index is the same whether it grew, was made at once, or was made in a copy", () => {
  const grown = rowsIn(long);
  expect(new Set(grown.map(([list, part]) => `${list} ${part}`)).size).toBeGreaterThan(6);
  const copied = file("copied.db");
  const reader = openReader(long);
  copyJournal(reader, reader.head(), copied);
  reader.close();
  expect(rowsIn(copied)).toEqual(grown);
  const db = new Database(copied);
  rewriteParts(db);
  db.close();
  expect(rowsIn(copied)).toEqual(grown);
  expect(verify(copied)).toMatchObject({ ok: true });
});

test("a fork has the parts that are complete in it", () => {
  const forked = file("forked.db");
  const reader = openReader(long);
  copyJournal(reader, 20_000 as Seq, forked);
  reader.close();
  expect(verify(forked)).toMatchObject({ ok: true, events: 20_000 });
  expect(new Set(rowsIn(forked).flatMap(([list, part]) => (list === 1 ? [part] : [])))).toEqual(
    new Set([0]),
  );
});

test("a compaction leaves the index of what is left", () => {
  const path = file("compacted.db");
  copyFileSync(long, path);
  const { seq } = compact(path, {
    what: "20000",
    choose: () => 20_000 as Seq,
    stateAt: () => ({ bytes: noise(300, 1), pages: [], used: [] }),
  });
  expect(seq).toBeGreaterThan(16_384);
  expect(verify(path)).toMatchObject({ ok: true, folded: seq });
  const partsOf = (list: number) =>
    new Set(rowsIn(path).flatMap(([one, part]) => (one === list ? [part] : [])));
  expect(partsOf(1)).toEqual(new Set([1]));
  expect(partsOf(2).size).toBeGreaterThan(1);
  const left = eventsIn(path);
  const reader = openReader(path);
  for (const wanted of [
    { ino: 7 as Ino },
    { paths: ["/d/7", "/d/for all"], order: "reverse" },
  ] satisfies Query[])
    expect([...reader.query(wanted)]).toEqual(answerOf(left, wanted));
  reader.close();
});

test("rows give back the pairs that they were made of, and fit into a page", () => {
  const pair = fc.record({
    key: fc.oneof(fc.nat(20), fc.nat(100_000), fc.constantFrom(2 ** 32 - 1, 2 ** 38)),
    value: fc.integer({ min: 3 * 16_384, max: 4 * 16_384 - 1 }),
  });
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 3_000, size: "max" }), fc.nat(20), (pairs, wanted) => {
      const packed = Float64Array.from(pairs, ({ key, value }) => pairOf(eventsAt, key, value));
      const rows = [...rowsOf(eventsAt, 3, packed.sort())];
      const take = (isWanted: (key: number) => boolean, last: number) => {
        const values: number[] = [];
        for (const row of rows) takeFrom(eventsAt, row, isWanted, last, values);
        return values;
      };
      const valuesOf = (isWanted: (key: number) => boolean) => {
        const one = pairs.filter(({ key }) => isWanted(key));
        const distinct = new Map(one.map(({ key, value }) => [`${key} ${value}`, { key, value }]));
        return [...distinct.values()]
          .sort((a, b) => a.key - b.key || a.value - b.value)
          .map(({ value }) => value);
      };
      expect(take(() => true, 2 ** 40)).toEqual(valuesOf(() => true));
      expect(take((key) => key === wanted, wanted)).toEqual(valuesOf((key) => key === wanted));
      for (const { bytes } of rows) expect(bytes.length).toBeLessThanOrEqual(900);
    }),
    { numRuns: attempts(30) },
  );
});

test("the first value of a list is in its first part, and the first of the next in the next", () => {
  expect([1, 4_095, 4_096].map((value) => partOf(placesOfIno, value))).toEqual([0, 0, 1]);
});

function rowsIn(path: string): [number, number, number, number, Buffer][] {
  const db = new Database(path, { readonly: true });
  const rows = db
    .prepare<[], [number, number, number, number, Buffer]>("SELECT * FROM posting")
    .raw()
    .all();
  db.close();
  return rows;
}
