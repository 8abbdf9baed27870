import { copyFileSync, existsSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { openReader, type RowSource, type Seq } from "../../../journal/index.ts";
import { type History, lookup, openHistory, storeOf } from "../../../src/history/index.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
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
import {
  type Brought,
  copyingSource,
  countRows,
  makeSparse,
  snapshotPageIn,
} from "../../support/journals/sparse-journal.ts";
import { scratch } from "../support.ts";

const file = scratch();
let count = 0;

test("a journal whose rows come when they are read answers all that it does whole", () => {
  fc.assert(
    fc.property(
      fc.array(steps(40), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(3, 20),
      fc.boolean(),
      fc.nat(1_000),
      (runs, leastEvents, isCompacted, pick) => {
        const full = recorded(runs, { leastEvents, isCompacted });
        const whole = openHistory(openReader(full));
        for (const [name, ask] of questionsOf(whole.journal, pick)) {
          const { answer } = askSparse(full, ask);
          expect([name, answer]).toEqual([name, ask(openHistory(whole.journal))]);
        }
        whole.close();
      },
    ),
    { numRuns: 2 * scale, endOnFailure: true },
  );
});

test("of a long journal few rows come, in a few trips", () => {
  const full = longJournal();
  const whole = openReader(full);
  const head = whole.head();
  const mostTrips: readonly (readonly [string, number, (it: History) => unknown])[] = [
    ["runs", 0, (it) => [it.journal.runs(), it.journal.head(), it.journal.marks()]],
    ["file history", 8, (it) => [...it.journal.query({ ino: 1_500 })]],
    ["path", 8, (it) => [...it.journal.query({ paths: ["/d/1000", "/moved/7"] })]],
    [
      "last on a path",
      6,
      (it) => taken(it.journal.query({ paths: ["/d/3000"], order: "reverse" }), 1),
    ],
    ["time", 2, (it) => it.journal.seqAtTime(whole.event(9_000)?.time ?? 0n)],
    ["writer", 2, (it) => it.journal.writer(whole.tapeLength(12_345))],
    ["tape", 2, (it) => bytesOf(it.journal, 300_000, 900_000)],
    ["one file", 12, (it) => lookup(it.at(15_000 as Seq), "/d/900")],
    ["listing", 16, (it) => listing(it.at(head))],
  ];
  const rows = countRows(full);
  for (const [name, most, ask] of mostTrips) {
    const { answer, brought } = askSparse(full, ask);
    expect([name, answer]).toEqual([name, ask(openHistory(whole))]);
    expect([name, brought.trips > most ? brought.trips : "few"]).toEqual([name, "few"]);
    expect([name, brought.rows > rows / 4 ? brought.rows : "few"]).toEqual([name, "few"]);
  }
  whole.close();
});

test("each question is needed: nothing else brings its rows", () => {
  const long = longJournal();
  const folded = recorded([[], []], { leastEvents: 3, isCompacted: true });
  const page = snapshotPageIn(long);
  const needed: readonly (readonly [Partial<RowSource>, string, (it: History) => unknown])[] = [
    [{ events() {} }, long, (it) => it.journal.event(5)],
    [{ eventsAt() {} }, long, (it) => [...it.journal.query({ ino: 1_500 })]],
    [{ someEvents: (_, last) => last }, long, (it) => taken(it.journal.query({}), 9)],
    [{ replacements() {} }, long, (it) => [...it.journal.query({ ino: 4 })]],
    [{ places() {} }, long, (it) => [...it.journal.paths()]],
    [{ placesAt() {} }, long, (it) => [...it.journal.query({ paths: ["/d/1000"] })]],
    [{ postings() {} }, long, (it) => [...it.journal.query({ paths: ["/d/1000"] })]],
    [{ tape() {} }, long, (it) => bytesOf(it.journal, 0, 10)],
    [{ snapshots() {} }, long, ({ journal }) => storeOf(journal).read(storeOf(journal).last())],
    [{ snapshotPages() {} }, long, (it) => storeOf(it.journal).readPage(page)],
    [{ retained() {} }, folded, (it) => it.journal.retained(0, 1_000)],
    [{ base() {} }, folded, (it) => fullDump(it.at(it.journal.base()?.seq ?? (0 as Seq)))],
  ];
  for (const [silent, full, ask] of needed) {
    const [name] = Object.keys(silent);
    const whole = openReader(full);
    const right = ask(openHistory(whole));
    whole.close();
    expect([name, askSparse(full, ask).answer]).toEqual([name, right]);
    expect([name, askSparse(full, ask, silent).answer]).not.toEqual([name, right]);
  }
});

/** Asks a journal none of whose rows are there yet; a failure is an answer, too. */
function askSparse(
  full: string,
  ask: (history: History) => unknown,
  silent: Partial<RowSource> = {},
): { readonly answer: unknown; readonly brought: Brought } {
  const copy = file(`${(count += 1)}-asked.db`);
  copyFileSync(sparseOf(full), copy);
  const rows = copyingSource(full, copy);
  const journal = openReader(copy, { rows: { ...rows, ...silent } });
  try {
    return { answer: ask(openHistory(journal)), brought: rows.brought };
  } catch (error) {
    return { answer: error, brought: rows.brought };
  } finally {
    journal.close();
    rows.close();
  }
}

/** Makes the sparse copy of a journal once. */
function sparseOf(full: string): string {
  const sparse = `${full}-sparse`;
  if (!existsSync(sparse)) makeSparse(full, sparse);
  return sparse;
}

function recorded(
  runs: Parameters<typeof recordRuns>[1],
  options: Parameters<typeof recordRuns>[2],
): string {
  const path = file(`${(count += 1)}.db`);
  recordRuns(path, runs, options);
  return path;
}

function longJournal(): string {
  const path = file("long.db");
  if (!existsSync(path)) recordMany(path);
  return path;
}
