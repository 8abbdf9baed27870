import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import {
  JournalError,
  type SnapshotStore,
  memorySnapshots,
  openReader,
} from "../../../journal/index.ts";
import {
  blame,
  diffTrees,
  lookup,
  openHistory,
  planRestore,
  planUndo,
  undoStack,
  verifyStates,
} from "../../../src/history/index.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
import { plainCopy } from "../../support/journals/plain-journal.ts";
import { type Recording, openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

test("a journal that is an array of events has the same past as the one in SQLite", () => {
  const { journal, history, recorder } = openRecording();
  recorder.run("one", [], () => {
    recorder.mkdir("/d");
    recorder.write("/d/a", "first second\n");
    recorder.symlink("/link", "d/b");
  });
  recorder.run("two", [], () => {
    recorder.write("/d/a", "other", 6);
    recorder.rename("/d/a", "/d/b");
  });
  recorder.mark("there");
  recorder.run("three", [], () => recorder.remove("/d/b"));

  const other = openHistory(plainCopy(journal));
  for (let seq = 0; seq <= journal.head(); seq += 1) {
    const there = other.at(other.resolve(seq));
    expect(fullDump(there)).toEqual(fullDump(history.at(history.resolve(seq))));
  }
  const text = other.state("mark:there").readFile("/link");
  expect(Buffer.from(text).toString()).toBe("first otherd\n");

  const [before, after, now] = ["run:2^", "run:2", "@"].map((moment) => other.resolve(moment));
  if (before === undefined || after === undefined || now === undefined)
    throw new Error("no moment");
  const file = lookup(other.at(after), "/d/b");
  if (file?.type !== "file") throw new Error("no file");
  expect(blame(other.journal, file, after)).toEqual(blame(journal, file, after));
  expect(diffTrees(other.at(before), other.at(after)).map(({ path }) => path)).toEqual(["/d/b"]);
  expect(planRestore(other.at(now), other.at(after)).changes).toEqual(
    planRestore(history.at(now), history.at(after)).changes,
  );
  expect(planUndo(other, now).changes).toEqual(planUndo(history, now).changes);
  expect(undoStack(other.journal).done).toHaveLength(3);
  expect(verifyStates(other.journal)).toBeUndefined();
});

test("where a journal has no place for states they are kept in memory, and made once", () => {
  const recording = openRecording();
  recordMany(recording);
  const told: string[] = [];
  const history = openHistory(plainCopy(recording.journal), {
    onRebuild: ({ why }) => told.push(why),
  });
  for (const seq of [4_400, 30, 2_500])
    expect(fullDump(history.at(history.resolve(seq)))).toEqual(
      fullDump(recording.history.at(recording.history.resolve(seq))),
    );
  expect(told).toEqual(["missing"]);
});

test("states go where they are told to, and a reader's file stays as it is", () => {
  withTemporary((folder) => {
    const file = join(folder, "a.db");
    const recording = openRecording(file);
    recordMany(recording);
    recording.journal.close();
    const digest = () => createHash("sha256").update(readFileSync(file)).digest("hex");
    const before = digest();

    const snapshots = memorySnapshots();
    const journal = openReader(file);
    openHistory(journal, { snapshots }).at(journal.head());
    journal.close();
    expect(snapshots.list().length).toBeGreaterThan(2);
    expect(digest()).toBe(before);
  });
});

test("history says what is near, makes nothing that is far unless it is prepared, and prepares once", () => {
  const recording = openRecording();
  recordMany(recording);
  const told: string[] = [];
  const history = openHistory(plainCopy(recording.journal), {
    onRebuild: ({ why }) => told.push(why),
  });
  const head = history.journal.head();
  expect(history.distance(head)).toBe(head);
  expect(history.approach(head)).toBe("unprepared");
  expect([history.distance(head), told]).toEqual([head, []]);

  expect([history.prepare(), history.prepare()]).toEqual(["done", "done"]);
  expect(told).toEqual(["missing"]);
  expect(history.approach(head)).toBe("made");
  expect(history.distance(head)).toBe(0);
  // Its neighbours are near too: a step back, and the stored states that were read on the way.
  expect(history.distance(head - 1)).toBeLessThan(64);
  expect(history.distance(head - 1_000)).toBeLessThan(1_000);
  expect(told).toEqual(["missing"]);
});

test("states that another version stored are made again, and not called damaged", () => {
  const recording = openRecording();
  recordMany(recording);
  const journal = plainCopy(recording.journal);
  const snapshots = memorySnapshots();
  openHistory(journal, { snapshots }).prepare();
  for (const snapshot of snapshots.list()) {
    const bytes = snapshots.read(snapshot.seq) ?? new Uint8Array();
    snapshots.put(snapshot, Uint8Array.of(1, ...bytes.subarray(1)));
  }
  const told: string[] = [];
  const history = openHistory(journal, { snapshots, onRebuild: ({ why }) => told.push(why) });
  const head = history.resolve("@");
  expect(fullDump(history.at(head))).toEqual(fullDump(recording.history.at(head)));
  expect(told).toEqual(["outdated"]);
});

test("what cannot be stored is refused once, and found by a replay all the same", () => {
  const recording = openRecording();
  recordMany(recording);
  const refusing: SnapshotStore = {
    ...memorySnapshots(),
    transact() {
      throw new JournalError("read-only", "nothing can be stored here");
    },
  };
  const history = openHistory(plainCopy(recording.journal), { snapshots: refusing });
  const head = history.resolve("@");
  expect(history.prepare()).toBe("refused");
  expect(history.approach(head)).toBe("made");
  expect(fullDump(history.at(head))).toEqual(fullDump(recording.history.at(head)));
});

/** Records more events than are ever replayed for one answer. */
function recordMany({ recorder }: Recording): void {
  recorder.run("many", [], () => {
    for (let number = 0; number < 2_200; number += 1)
      recorder.write(`/file-${number % 100}`, `${number}`, number % 7);
  });
  recorder.run("more", [], () => {
    for (let number = 0; number < 2_200; number += 1) recorder.write("/log", `${number}\n`, number);
  });
}
