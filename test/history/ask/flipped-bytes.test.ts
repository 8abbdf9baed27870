import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";

import { type Seq, openReader } from "../../../journal/index.ts";
import { openHistory, storeOf, SnapshotWriter, verifyWhole } from "../../../src/history/index.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
import { record } from "../../support/journal.ts";
import { Random, seedOf } from "../../support/random.ts";
import { scale } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";

test("a byte that is flipped anywhere in the file is found by verify, or changes no answer", () => {
  withTemporary((directory) => {
    const file = `${directory}/journal.db`;
    makeJournal(file);
    const whole = readFileSync(file);
    const answers = answersOf(file);
    const random = new Random(seedOf());
    const untold = [];
    for (const place of placesIn(whole, random, 18 * scale)) {
      const flipped = Buffer.from(whole);
      flipped[place] = (whole[place] ?? 0) ^ (1 + random.below(255));
      writeFileSync(file, flipped);
      if (isFound(file)) continue;
      expect([place, answersOf(file)]).toEqual([place, answers]);
      untold.push(place);
    }
    // Room in a page that no row uses may hold anything: a test that never met any has not looked everywhere.
    expect(untold.length).toBeGreaterThan(0);
  });
});

function makeJournal(file: string): void {
  record(file, (recorder) => {
    recorder.run("first", ["one"], () => {
      recorder.mkdir("/d");
      for (let turn = 0; turn < 60; turn += 1) recorder.write(`/d/${turn % 9}`, `line ${turn}\n`);
    });
    recorder.mark("between");
    recorder.run("second", [], () => {
      recorder.rename("/d/0", "/d/m0");
      for (let turn = 0; turn < 30; turn += 1) recorder.rename(`/d/m${turn}`, `/d/m${turn + 1}`);
      for (let turn = 0; turn < 20; turn += 1) recorder.write(`/e${turn}`, `line ${turn}\n`);
      recorder.symlink("/link", "d/1");
      recorder.remove("/d/3");
    });
    recorder.journal.commit();
    new SnapshotWriter(recorder.journal, { leastEvents: 10, mostIncrements: 6 }).advance();
  });
}

/** Returns places of every kind: all of the file's header, the beginnings of pages, and any others. */
function placesIn(file: Buffer, random: Random, count: number): number[] {
  const pageBytes = file.readUInt16BE(16);
  const pages = file.length / pageBytes;
  const some = Array.from({ length: count }, () => random.below(file.length));
  const header = Array.from({ length: count / 3 }, () => random.below(112));
  const heads = Array.from(
    { length: count / 2 },
    () => random.below(pages) * pageBytes + random.below(24),
  );
  return [...header, ...heads, ...some];
}

function isFound(file: string): boolean {
  try {
    return !verifyWhole(file).ok;
  } catch {
    return true;
  }
}

/** All that reading commands tell of. */
function answersOf(file: string): unknown {
  const journal = openReader(file);
  const history = openHistory(journal);
  const head = journal.head();
  const moments = [0, 1, 30, 77, head - 3, head] as Seq[];
  const tape = new Uint8Array(journal.tapeLength(head));
  journal.readTape(0, tape.length, tape);
  const answers = {
    id: journal.id,
    head,
    digest: journal.digest(),
    events: journal.events(1 as Seq, head),
    runs: journal.runs(),
    marks: journal.marks(),
    queries: [["/d/1"], ["/e3"], ["/link", "/d/3"]].map((paths) => [...journal.query({ paths })]),
    inodes: [3, 7, 20].map((ino) => [...journal.query({ ino: ino as never })]),
    tape: Buffer.from(tape).toString("latin1"),
    states: moments.map((seq) => fullDump(history.at(seq))),
    stored: storeOf(journal).list(),
  };
  journal.close();
  return answers;
}
