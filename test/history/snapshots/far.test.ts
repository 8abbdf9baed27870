import { expect, test } from "vitest";

import { openReader, type Seq } from "../../../journal/index.ts";
import { openHistory, SnapshotWriter } from "../../../src/history/index.ts";
import { replayAll } from "../../../src/history/snapshots/events.ts";
import { fullDump } from "../../support/dump/full-dump.ts";
import { record } from "../../support/journal.ts";
import { temporaryDirectory } from "../../tui/sample.ts";

test("a state far from all stored ones is made from the nearest, unless all events are less work", () => {
  const directory = temporaryDirectory();
  const file = `${directory.path}/long.db`;
  record(file, (recorder) => {
    recorder.run("guest", [], () => {
      for (let index = 0; index < 41_500; index += 1) recorder.write(`/${index % 9}.txt`, "line\n");
    });
    recorder.journal.commit();
    new SnapshotWriter(recorder.journal, { leastEvents: 20_000 }).advance();
  });
  const journal = openReader(file);
  expect(
    journal
      .snapshots?.()
      .list()
      .map(({ seq }) => seq),
  ).toEqual([20_000, 40_000]);
  let read = 0;
  const counting = {
    ...journal,
    events(first: Seq, last: Seq) {
      const events = journal.events(first, last);
      read += events.length;
      return events;
    },
  };
  const readFor = (seq: number): number => {
    read = 0;
    const state = openHistory(counting).at(seq as Seq);
    const needed = read;
    expect(fullDump(state)).toEqual(fullDump(replayAll(journal, seq as Seq)));
    return needed;
  };
  expect(readFor(25_000)).toBe(5_000);
  expect(readFor(39_000)).toBe(39_000);
  journal.close();
  directory.remove();
});

test("the state of a stored snapshot is in memory once it was asked for, like any other", () => {
  const directory = temporaryDirectory();
  const file = `${directory.path}/long.db`;
  record(file, (recorder) => {
    recorder.run("guest", [], () => {
      for (let index = 0; index < 300; index += 1) recorder.write(`/${index % 9}.txt`, "line\n");
    });
    recorder.journal.commit();
    new SnapshotWriter(recorder.journal, { leastEvents: 200 }).advance();
  });
  const history = openHistory(openReader(file));
  const [stored] = history.journal.snapshots?.().list() ?? [];
  if (stored === undefined) throw new TypeError("no snapshot");
  history.at(stored.seq);
  expect(history.steps(stored.seq)).toBe(0);
  history.close();
  directory.remove();
});
