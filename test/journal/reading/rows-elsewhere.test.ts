import { copyFileSync, existsSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import {
  compact,
  type Event,
  type Ino,
  type Journal,
  lastCommit,
  openReader,
  type RowSource,
  type Seq,
} from "../../../journal/index.ts";
import {
  baseState,
  blame,
  diffTrees,
  fileHistory,
  grep,
  grepHistory,
  type History,
  lookup,
  openHistory,
  planUndo,
  readRange,
  resolveRevision,
  SnapshotWriter,
  storeOf,
  tapeOf,
  undoStack,
  walk,
  whereabouts,
} from "../../../src/history/index.ts";
import { entriesOf, type Inode, type Tree } from "../../../src/fs/index.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
import { type Step, steps } from "../../support/model/mutations.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
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
    { numRuns: 4 * scale, endOnFailure: true },
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
    [{ retained() {} }, folded, (it) => it.journal.kept(0, 1_000)],
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

function longJournal(): string {
  const path = file("long.db");
  if (!existsSync(path)) recordMany(path);
  return path;
}

/** Records more events than a part of the index has, on more inodes than a page of a snapshot. */
function recordMany(path: string): void {
  const { journal, recorder } = openRecording(path);
  recorder.run("many", [], () => {
    recorder.mkdir("/d");
    recorder.mkdir("/moved");
    for (let number = 0; number < 4_500; number += 1) recorder.write(`/d/${number}`, `${number}`);
    for (let turn = 0; turn < 8_000; turn += 1)
      recorder.write(`/d/${turn % 100}`, new Uint8Array(200).fill(turn), turn % 7);
    for (let number = 0; number < 200; number += 1)
      recorder.rename(`/d/${number}`, `/moved/${number % 150}`);
  });
  journal.commit();
  new SnapshotWriter(journal).advance();
  journal.close();
}

/** Records these runs, a mark and an open run, with stored snapshots. */
function recorded(
  runs: readonly (readonly Step[])[],
  { leastEvents, isCompacted }: { readonly leastEvents: number; readonly isCompacted: boolean },
): string {
  const path = file(`${(count += 1)}.db`);
  const { fs, journal, recorder } = openRecording(path);
  for (const changes of runs) {
    changeAsRun(fs, changes);
    journal.commit();
  }
  recorder.mark("there");
  recorder.run("text", [], () => recorder.write("/text", "one\ntwo\n"));
  journal.commit();
  fs.begin({ cause: "guest", guest: "open", args: [], environment: [], digest: "" });
  recorder.write("/text", "three\n", 4);
  recorder.refuse("open-at", "/../out");
  journal.commit();
  journal.close();
  if (isCompacted) {
    const choose = (folded: Journal) => lastCommit(folded, (folded.head() - 2) as Seq);
    compact(path, { what: "most", choose, stateAt: baseState, now: () => 2_000_000_000_000n });
  }
  const reader = openReader(path);
  new SnapshotWriter(reader, { leastEvents, mostIncrements: 4 }).advance();
  reader.close();
  return path;
}

type Question = readonly [name: string, ask: (history: History) => unknown];

/** Returns what can be asked of a journal and its past, at moments, paths and inodes that it has. */
function questionsOf(journal: Journal, pick: number): Question[] {
  const [first, head] = [journal.base()?.seq ?? 0, journal.head()];
  const seq = (first + (pick % (head - first + 1))) as Seq;
  const [low, high] = [Math.max(1, seq - 5), Math.min(head, seq + 5)];
  const paths = [...journal.paths()];
  const path = paths[pick % paths.length] ?? "/";
  const ino = 1 + (pick % 12);
  const tape = journal.tapeLength(head);
  const at = journal.event(seq)?.time ?? 0n;
  const ofJournal: readonly (readonly [string, (asked: Journal) => unknown])[] = [
    ["identity", (it) => [it.id, it.head(), it.digest(), it.base(), it.tapeLength(seq)]],
    ["event", (it) => it.event(seq)],
    ["events", (it) => it.events(low, high)],
    ["all events", (it) => it.events(1, head)],
    ["scan", (it) => [...it.query({})]],
    ["scan back", (it) => [...it.query({ first: low, last: high, order: "reverse" })]],
    ["scan back for some", (it) => taken(it.query({ order: "reverse" }), 3)],
    ["run", (it) => [...it.query({ run: 2 })]],
    ["kinds", (it) => [...it.query({ kinds: new Set(["write", "mark"]) })]],
    ["controls", (it) => [...it.query({ kinds: new Set(["mark", "run-end"]) })]],
    ["inode", (it) => [...it.query({ ino })]],
    ["inode back", (it) => [...it.query({ ino, last: high, order: "reverse" })]],
    ["path", (it) => [...it.query({ paths: [path, "/text"] })]],
    ["path back", (it) => taken(it.query({ paths: [path], order: "reverse" }), 2)],
    ["paths", (it) => [...it.paths()]],
    ["seqs", (it) => it.seqs?.({ first: low, last: high, kinds: new Set(["write", "mark"]) })],
    ["seqs on places", (it) => seqsOn(it, path.slice(0, 3))],
    ["runs", (it) => [it.runs(), it.run(2), it.marks(), it.mark("there")]],
    ["time", (it) => [at - 1n, at, at + 1n].map((time) => it.seqAtTime(time))],
    ["writer", (it) => [0, Math.floor(tape / 2), tape - 1, tape].map((one) => it.writer(one))],
    ["tape", (it) => bytesOf(it, Math.min(pick * 100, tape), tape)],
    ["spans", (it) => [it.kept(0, tape), it.kept(pick, pick + 1), it.redacted(0, tape)]],
  ];
  const ofHistory: readonly Question[] = [
    ["state", (it) => fullDump(it.at(seq))],
    ["last state", (it) => fullDump(it.at(head))],
    ["listing", (it) => listing(it.at(head))],
    ["contents", (it) => filesAt(it, seq).map((one) => readRange(one, tapeOf(it.journal)))],
    [
      "diff",
      (it) =>
        diffTrees(it.at(first as Seq), it.at(seq)).map(({ change, path: on }) => [change, on]),
    ],
    ["blame", (it) => filesAt(it, head).map((one) => blame(it.journal, one, head))],
    ["grep", (it) => [...grep(it.at(head), "/", /o|[A-Z]/, tapeOf(it.journal))]],
    ["grep history", (it) => [...grepHistory(it.journal, "/text", "t")]],
    ["file history", (it) => [...fileHistory(it.journal, ino as Ino)]],
    ["whereabouts", (it) => whereabouts(it, path, seq)],
    [
      "revisions",
      (it) => ["@-1", "run:-1^", "mark:there"].map((one) => resolveRevision(it.journal, one, at)),
    ],
    ["undo stack", (it) => undoStack(it.journal)],
    ["undo", (it) => planUndo(it, head).changes],
  ];
  return [
    ...ofJournal.map(([name, ask]): Question => [name, (it) => ask(it.journal)]),
    ...ofHistory,
  ];
}

function listing(tree: Tree): string[] {
  const root = lookup(tree, "/");
  return root === undefined ? [] : [...walk(tree, root, "/")].map(({ path }) => path);
}

function taken(events: Iterable<Event>, most: number): Event[] {
  const found: Event[] = [];
  for (const event of events) {
    found.push(event);
    if (found.length === most) break;
  }
  return found;
}

function seqsOn(journal: Journal, text: string): unknown {
  const work = journal.choosePlaces?.((path) => path.includes(text));
  for (let step = work?.next(); step !== undefined; step = work?.next())
    if (step.done === true) return journal.seqs?.({ first: 1, last: 1e6, places: step.value });
  return undefined;
}

function bytesOf(journal: Journal, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start);
  if (journal.base() === undefined) journal.readTape(start, bytes.length, bytes);
  return bytes;
}

function filesAt(history: History, seq: Seq) {
  return [...entriesOf<Inode>(history.at(seq).inodes)].flatMap(([, inode]) =>
    inode.type === "file" ? [inode] : [],
  );
}
