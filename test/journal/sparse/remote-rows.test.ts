import { existsSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import {
  decodePack,
  encodePack,
  JournalError,
  type GivenView,
  type ObjectRange,
  openCutter,
  openPacking,
  openReader,
  openRemoteRows,
  openUnpacking,
  type RemoteStore,
  type Seq,
  type TapePosition,
} from "../../../journal/index.ts";
import { type History, lookup, openHistory, SnapshotWriter } from "../../../src/history/index.ts";
import { steps } from "../../support/model/mutations.ts";
import {
  bytesOf,
  listing,
  questionsOf,
  recordMany,
  recordRuns,
  taken,
} from "../../support/questions.ts";
import { scale } from "../../support/scale.ts";
import { scratch } from "../support.ts";

const file = scratch();
let count = 0;

/** A journal in a store that lives in memory. */
interface Stored {
  /** The packs, by their first events, and the objects of its views. */
  readonly packs: Map<number, Buffer>;
  readonly objects: Map<number, Buffer>;
  readonly views: GivenView[];
}

/** Cuts a journal as a depot does: into packs, and the journal that is made of these into parts. */
function stored(full: string, events: number, { everyPacks = 2, leastEvents = 20 } = {}): Stored {
  const [packs, objects, views] = [new Map<number, Buffer>(), new Map<number, Buffer>(), []] as [
    Map<number, Buffer>,
    Map<number, Buffer>,
    GivenView[],
  ];
  const reader = openReader(full);
  const packing = openPacking(reader, { events, bytes: 1024 * 1024 });
  const copy = file(`${(count += 1)}-made.db`);
  const cutter = openCutter();
  let unpacking: ReturnType<typeof openUnpacking> | undefined;
  let seq = 0;
  for (let pack = packing.after(0); pack !== undefined; pack = packing.after(seq)) {
    const bytes = encodePack(pack);
    packs.set(pack.first, bytes);
    unpacking ??= openUnpacking(copy, pack);
    unpacking.add(decodePack(bytes));
    cutter.note(bytes);
    seq = pack.last;
    if (packs.size % everyPacks !== 0 && packing.after(seq) !== undefined) continue;
    const made = openReader(copy);
    new SnapshotWriter(made, { leastEvents, mostIncrements: 8 }).advance();
    const cut = cutter.cut(made);
    made.close();
    for (const object of cut.objects) objects.set(object.number, object.bytes);
    for (const number of objects.keys()) if (number < cut.oldest) objects.delete(number);
    views.push({ bytes: cut.view, head: pack.last, digest: unpacking.digest() });
  }
  unpacking?.abandon();
  reader.close();
  return { packs, objects, views };
}

/** Counts what was asked for. */
interface Asked {
  trips: number;
  bytes: number;
}

function storeOf({ packs, objects }: Stored, asked: Asked, later: GivenView[] = []): RemoteStore {
  const bytesIn = ({ object, start, length }: ObjectRange) => {
    const whole = "pack" in object ? packs.get(object.pack) : objects.get(object.part);
    return Buffer.from((whole ?? Buffer.alloc(0)).subarray(start, start + length));
  };
  return {
    read(ranges) {
      asked.trips += 1;
      return ranges.map((range) => {
        asked.bytes += range.length;
        return bytesIn(range);
      });
    },
    later: () => later.shift(),
  };
}

/** Asks a journal of which nothing is here yet. */
function askRemote(
  store: Stored,
  ask: (history: History) => unknown,
): { readonly answer: unknown } & Asked {
  const asked = { trips: 0, bytes: 0 };
  const sparse = file(`${(count += 1)}-sparse.db`);
  const rows = openRemoteRows(sparse, lastOf(store), storeOf(store, asked));
  const journal = openReader(sparse, { rows });
  try {
    return { answer: ask(openHistory(journal)), ...asked };
  } catch (error) {
    return { answer: error, ...asked };
  } finally {
    journal.close();
  }
}

function lastOf({ views }: Stored): GivenView {
  const view = views.at(-1);
  if (view === undefined) throw new TypeError("no view");
  return view;
}

test("a journal that is fetched as it is read answers all that it does whole", () => {
  fc.assert(
    fc.property(
      fc.array(steps(40), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(3, 20),
      fc.constantFrom(1, 7, 1_000),
      fc.nat(1_000),
      (runs, leastEvents, packEvents, pick) => {
        const full = file(`${(count += 1)}.db`);
        recordRuns(full, runs, { leastEvents, isCompacted: false });
        const store = stored(full, packEvents);
        const whole = openHistory(openReader(full));
        for (const [name, ask] of questionsOf(whole.journal, pick)) {
          const { answer } = askRemote(store, ask);
          expect([name, answer]).toEqual([name, ask(openHistory(whole.journal))]);
        }
        whole.close();
      },
    ),
    { numRuns: scale, endOnFailure: true },
  );
});

test("of a long journal little is fetched, in a few trips", () => {
  const full = longJournal();
  const store = stored(full, 4_096, { everyPacks: 9, leastEvents: 256 });
  const whole = openReader(full);
  const head = whole.head();
  const size = [...store.packs.values()].reduce((sum, { length }) => sum + length, 0);
  const most: readonly (readonly [string, number, number, (it: History) => unknown])[] = [
    ["runs", 0, 0, (it) => [it.journal.runs(), it.journal.head(), it.journal.marks()]],
    ["last events", 2, 0.3, (it) => taken(it.journal.query({ order: "reverse" }), 20)],
    ["file history", 8, 1, (it) => [...it.journal.query({ ino: 1_500 })]],
    ["time", 2, 0.3, (it) => it.journal.seqAtTime(whole.event(9_000 as Seq)?.time ?? 0n)],
    ["tape", 3, 0.6, (it) => bytesOf(it.journal, 300_000, 500_000)],
    ["one file", 12, 1, (it) => lookup(it.at(15_000 as Seq), "/d/900")],
    ["listing", 16, 1, (it) => listing(it.at(head))],
  ];
  for (const [name, mostTrips, share, ask] of most) {
    const { answer, trips, bytes } = askRemote(store, ask);
    expect([name, answer]).toEqual([name, ask(openHistory(whole))]);
    expect([name, trips > mostTrips ? trips : "few"]).toEqual([name, "few"]);
    expect([name, bytes > size * share ? bytes : "few"]).toEqual([name, "few"]);
  }
  whole.close();
}, 30_000);

test("places of the tape that are told of before come in one trip; about when something was costs none", () => {
  const full = longJournal();
  const store = stored(full, 512, { everyPacks: 9, leastEvents: 256 });
  const whole = openReader(full);
  const head = whole.head();
  const length = whole.tapeLength(head);
  const spans = Array.from({ length: 12 }, (_, at) => ({
    start: Math.floor((length * at) / 12) as TapePosition,
    length: 50,
  }));
  const read = ({ journal }: History) =>
    spans.map((one) => bytesOf(journal, one.start, one.start + one.length));
  const { trips } = askRemote(store, read);
  const expected = askRemote(store, (history) => {
    history.journal.expectTape?.(spans);
    return read(history);
  });
  expect(expected.answer).toEqual(read(openHistory(whole)));
  expect(expected.trips).toBe(2);
  expect(trips).toBeGreaterThan(3);
  const times = Array.from({ length: 50 }, (_, at) => whole.event(1 + at * 300)?.time ?? 0n);
  const near = askRemote(store, ({ journal }) => times.map((time) => journal.seqNearTime?.(time)));
  expect(near.trips).toBeLessThan(2);
  const off = times.map((time, at) =>
    Math.abs(whole.seqAtTime(time) - ((near.answer as number[])[at] ?? Number.NaN)),
  );
  expect(Math.max(...off)).toBeLessThan(head / 20);
  whole.close();
}, 30_000);

test("a byte that is not what it must be is seen, or changes no answer", () => {
  const full = file(`${(count += 1)}.db`);
  recordRuns(full, [[], []], { leastEvents: 3, isCompacted: false });
  const store = stored(full, 7);
  const whole = openReader(full);
  const questions = questionsOf(whole, 5).map(
    ([name, ask]) => [name, ask, ask(openHistory(whole))] as const,
  );
  let [refused, turn] = [0, 0];
  for (const [of, objects] of Object.entries({ packs: store.packs, objects: store.objects }))
    for (const [number, bytes] of objects)
      for (let at = 0; at < bytes.length; at += 13) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
        const other = { ...store, [of]: new Map([...objects, [number, changed]]) };
        const [name, ask, right] = questions[turn++ % questions.length] ?? [];
        if (ask === undefined) throw new TypeError("no question");
        const { answer } = askRemote(other, ask);
        if (answer instanceof JournalError) {
          expect([name, answer.code]).toEqual([name, "damaged"]);
          refused += 1;
        } else expect([name, at, answer]).toEqual([name, at, right]);
      }
  expect(refused).toBeGreaterThan(questions.length);
  whole.close();
});

test("what grew meanwhile is seen once the store tells of it, and another past is refused", () => {
  const full = file(`${(count += 1)}.db`);
  recordRuns(full, [[], []], { leastEvents: 3, isCompacted: false });
  const store = stored(full, 2, { everyPacks: 1 });
  const [early, ...later] = store.views;
  if (early === undefined || later.length === 0) throw new TypeError("no views");
  const whole = openReader(full);
  const sparse = file(`${(count += 1)}-sparse.db`);
  const rows = openRemoteRows(sparse, early, storeOf(store, { trips: 0, bytes: 0 }, later));
  const journal = openReader(sparse, { rows });
  const seen = [journal.head()];
  for (let version = journal.version(); ; version = journal.version()) {
    const next = journal.head();
    expect([...journal.query({})]).toEqual(whole.events(1 as Seq, next));
    if (next === whole.head()) break;
    seen.push(next);
    expect(version).toBeGreaterThan(0);
  }
  expect(seen.length).toBeGreaterThan(1);
  expect(journal.runs()).toEqual(whole.runs());
  journal.close();
  // The same journal, whose last events were others when they were seen first.
  const other = file(`${(count += 1)}-other.db`);
  recordRuns(other, [[], [], []], { leastEvents: 3, isCompacted: false });
  const another = lastOf(stored(other, 2));
  expect(() => openRemoteRows(sparse, another, storeOf(store, { trips: 0, bytes: 0 }))).toThrow(
    /another journal/,
  );
  whole.close();
});

function longJournal(): string {
  const path = file("long.db");
  if (!existsSync(path)) recordMany(path);
  return path;
}
