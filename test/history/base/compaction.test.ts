import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";

import {
  type Journal,
  type Seq,
  compact,
  openReader,
  redact,
  verify,
} from "../../../journal/index.ts";
import { entriesOf } from "../../../src/fs/index.ts";
import {
  RevisionError,
  SnapshotWriter,
  storeOf,
  blame,
  grepHistory,
  lookup,
  State,
  baseState,
  openHistory,
  planRedaction,
  readRange,
  redactedRanges,
  replay,
  restore,
  tapeOf,
  undoStack,
  verifyStates,
} from "../../../src/history/index.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
import { record } from "../../support/journal.ts";
import { type Step, steps } from "../../support/model/mutations.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { scale } from "../../support/scale.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-fold-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** Records a journal of these runs, each committed, with a restore and an undo at the end. */
function recorded(runs: readonly (readonly Step[])[]): string {
  const file = join(folder, `${(count += 1)}.db`);
  const { fs, journal, history } = openRecording(file);
  for (const [index, changes] of runs.entries()) {
    changeAsRun(fs, changes);
    if (index % 2 === 0) journal.commit();
  }
  restore(fs, history, Math.floor(journal.head() / 2) as Seq);
  journal.commit();
  journal.close();
  return file;
}

function fold(file: string, seq: number) {
  return compact(file, {
    what: String(seq),
    choose: () => seq as Seq,
    stateAt: baseState,
    now: () => 2_000_000_000_000n,
  });
}

/** Returns every state from `first` on, with the bytes of its files. */
function statesFrom(journal: Journal, first: number, last: number): string[] {
  const history = openHistory(journal);
  const told: string[] = [];
  for (let seq = first; seq <= last; seq += 1) {
    const tree = history.at(seq as Seq);
    const files = [...entriesOf(tree.inodes)].flatMap(([, inode]) =>
      inode.type === "file"
        ? [`${inode.ino}: ${Buffer.from(readRange(inode, tapeOf(journal))).toString("base64")}`]
        : [],
    );
    told.push([...fullDump(tree)].flat().concat(files).join("\n"));
  }
  return told;
}

function reading<T>(file: string, body: (journal: Journal) => T): T {
  const journal = openReader(file);
  try {
    return body(journal);
  } finally {
    journal.close();
  }
}

const someRuns = fc.array(steps(12), { minLength: 2, maxLength: 5 });
const share = fc.integer({ min: 0, max: 100 });

test("after a fold, and a second one, every state that is left is byte for byte what it was", () => {
  fc.assert(
    fc.property(someRuns, share, share, (runs, one, other) => {
      const file = recorded(runs);
      const head = reading(file, (journal) => journal.head());
      const kept = verify(file);
      const [first, second] = [one, other].toSorted((left, right) => left - right);
      for (const part of [first ?? 0, second ?? 0]) {
        const before = reading(file, (journal) => ({
          states: statesFrom(journal, journal.base()?.seq ?? 0, head),
          first: journal.base()?.seq ?? 0,
        }));
        const { seq } = fold(file, Math.floor((head * part) / 100));
        reading(file, (journal) => {
          expect(journal.base()?.seq ?? 0).toBe(seq);
          expect(statesFrom(journal, seq, head)).toEqual(before.states.slice(seq - before.first));
          expect([...fullDump(replay(journal, head))]).toEqual([
            ...fullDump(openHistory(journal).at(head)),
          ]);
          expect(verifyStates(journal)).toBeUndefined();
        });
        expect(verify(file, { head: kept.head })).toMatchObject({ ok: true, headAt: head });
      }
    }),
    { numRuns: 2 * scale },
  );
});

/** Records two runs with a mark between them: /old and /both are written in the first, /both and /new in the second. */
function twoRuns(): string {
  const file = join(folder, `${(count += 1)}.db`);
  record(file, (recorder) => {
    recorder.run("first", [], () => {
      recorder.write("/old", "written before\n");
      recorder.write("/gone", "a secret of before\n");
      recorder.write("/both", "line before\n");
      recorder.remove("/gone");
    });
    recorder.mark("between");
    recorder.journal.commit();
    recorder.run("second", [], () => {
      recorder.write("/both", "line after\n", 12);
      recorder.write("/new", "written after\n");
    });
  });
  return file;
}

const between = 10;

test("a moment that was folded is refused, and the first that is left is named", () => {
  const file = twoRuns();
  expect(fold(file, between)).toMatchObject({ seq: between, run: 3, events: 7, bytes: 19 });
  reading(file, (journal) => {
    const history = openHistory(journal);
    expect(() => history.at((between - 1) as Seq)).toThrow(RevisionError);
    for (const revision of ["1", "0", "run:1^", "2026-11-24T06:00:00.001Z"])
      expect(() => history.resolve(revision)).toThrow(
        `the first moment that is left is ${between}`,
      );
    expect(() => history.resolve("mark:between")).toThrow("mark:between is folded");
    expect(history.resolve("run:2^")).toBe(between);
    expect(history.resolve("2026-11-24T06:00:00.011Z")).toBe(between);
    expect(journal.event(5 as Seq)).toBeUndefined();
  });
});

test("what was folded goes from the file, and what is kept of it does not", () => {
  const file = twoRuns();
  fold(file, between);
  const bytes = readFileSync(file);
  expect(bytes.includes("a secret of before")).toBe(false);
  expect(bytes.includes("written before")).toBe(true);
});

test("runs and marks that were folded stay in their lists, and the undo stack ends where they do", () => {
  const file = twoRuns();
  const before = reading(file, (journal) => ({ runs: journal.runs(), marks: journal.marks() }));
  fold(file, between);
  reading(file, (journal) => {
    expect(journal.runs().slice(0, 2)).toEqual(before.runs);
    expect(journal.runs().at(-1)?.start).toMatchObject({ cause: "gc", args: [String(between)] });
    expect(journal.marks()).toEqual(before.marks);
    expect(undoStack(journal).done.map(({ run }) => run)).toEqual([2]);
  });
});

test("blame tells what was written before the fold, and by which event what was written since", () => {
  const file = twoRuns();
  fold(file, between);
  reading(file, (journal) => {
    const history = openHistory(journal);
    const seq = journal.head();
    const inode = lookup(history.at(seq), "/both");
    const spans = inode?.type === "file" ? blame(journal, inode, seq) : [];
    expect(spans.map(({ start, end, source, seq: by }) => [start, end, source, by])).toEqual([
      [0, 12, "folded", between],
      [12, 23, "write", 12],
    ]);
  });
});

test("a line from before the fold is found without the event that brought it", () => {
  const file = twoRuns();
  fold(file, between);
  reading(file, (journal) => {
    const found = [...grepHistory(journal, "/", "line")];
    expect(found.map(({ text, added }) => [text, added?.seq])).toEqual([
      ["line before", undefined],
      ["line after", 12],
    ]);
  });
});

test("what a fold kept of a file can be redacted by its path, and no other file with it", () => {
  const file = twoRuns();
  fold(file, between);
  const done = redact(file, {
    what: "/both",
    choose: (journal) => planRedaction(journal, { path: "/both" }).spans,
    now: () => 2_000_000_000_000_000_000n,
  });
  expect(done).toMatchObject({ spans: 2, bytes: 23 });
  expect(verify(file)).toMatchObject({ ok: true, redacted: { spans: 2, bytes: 23 } });
  expect(readFileSync(file).includes("line before")).toBe(false);
  reading(file, (journal) => {
    const history = openHistory(journal);
    const now = history.state("@");
    const text = (state: State, path: string) => new TextDecoder().decode(state.readFile(path));
    expect(text(now, "/both")).toBe("[redacted][r[redacted][");
    expect(text(now, "/old")).toBe("written before\n");
    expect(text(history.state(String(between)), "/both")).toBe("[redacted][r");
  });
  // A redaction remains in the next fold.
  fold(file, 1_000);
  expect(verify(file)).toMatchObject({ ok: true, redacted: { spans: 2 } });
  reading(file, (journal) => {
    const tree = openHistory(journal).at(journal.head());
    const both = lookup(tree, "/both");
    const ranges = both?.type === "file" ? redactedRanges(journal, both) : [];
    expect(ranges).toEqual([{ start: 0, end: 23 }]);
  });
});

test("snapshots are stored on top of a folded state, and are what the events make", () => {
  const file = twoRuns();
  fold(file, between);
  reading(file, (journal) => {
    new SnapshotWriter(journal, { leastEvents: 2 }).advance();
    expect(storeOf(journal).list().length).toBeGreaterThan(0);
    expect(verifyStates(journal)).toBeUndefined();
  });
  expect(verify(file)).toMatchObject({ ok: true, folded: between });
});

test("a journal that is damaged, or was tampered with, is not folded", () => {
  const file = twoRuns();
  const db = new Database(file);
  db.exec("UPDATE event SET start = 1 WHERE kind = 8 AND seq = 3");
  db.close();
  expect(() => fold(file, between)).toThrow(/compact .*not what the chain says/);
  expect(reading(file, (journal) => journal.base())).toBeUndefined();
});

test("where there is nothing more to fold, nothing is recorded", () => {
  const file = twoRuns();
  fold(file, between);
  const again = fold(file, between);
  expect(again).toMatchObject({ seq: between, events: 0, bytes: 0 });
  expect(again.run).toBeUndefined();
});
