import { expect, test } from "vitest";

import { RevisionError, resolveRevision } from "../../../src/history/index.ts";
import { formatClock, formatMoment } from "../../../src/text/index.ts";
import { FileSystem, emptyTree, profiles } from "../../../src/fs/index.ts";
import { openWriter } from "../../../journal/index.ts";
import { recorderOn } from "../../support/journal.ts";
import { openRecording } from "../../support/recording.ts";

const second = 1_000_000_000n;

test.each([
  ["@", 9],
  ["@-", 8],
  ["@-1", 8],
  ["@-9", 0],
  ["#4", 4],
  ["4", 4],
  ["0", 0],
  ["run:1", 4],
  ["run:2", 8],
  ["run:1^", 0],
  ["run:2^", 4],
  ["run:-1", 8],
  ["run:-2^", 0],
  ["mark:here", 8],
  // The clock ticks a microsecond an event, from 1,000 seconds on; the first tick is the birth of the journal.
  ["1970-01-01T00:16:40.000004Z", 3],
  ["1970-01-01T01:16:40.0000059+01:00", 4],
  ["1970-01-01T00:00:00Z", 0],
  ["2026-11-24T06:00:00Z", 9],
  ["2028-02-29t23:59:59.999z", 9],
  ["1970-01-01T00:16:40.000004Z^", 2],
  ["-1m", 0],
  ["-1s", 9],
  ["-0d0h0m2s", 0],
])("%s is event %i", (revision, seq) => {
  expect(resolveRevision(journal(), revision, 1_001n * second + second / 2n)).toBe(seq);
});

test("times are revisions as log prints them: local, and up to the next that it could print", () => {
  const resolve = (text: string) => resolveRevision(journal(), text, 2_000n * second);
  const [first, last] = [1_000n * second, 1_000n * second + 10_000n];
  expect(resolve(formatClock(last))).toBe(9);
  expect(resolve(`${formatClock(last)}^`)).toBe(8);
  expect(resolve(`${formatClock(last)}004`)).toBe(3);
  expect(resolve(`${formatMoment(last)}.0000050`)).toBe(4);
  expect(resolve(formatMoment(last).replace(" ", "T"))).toBe(9);
  expect(resolve(formatMoment(first - second))).toBe(0);
  // Not so late yet on that day, and too early on the day before.
  expect(resolve(formatClock(last + 60n * second))).toBe(9);
});

test("a time of day that was not reached on the last day is the day before's", () => {
  const { journal: long, end } = overnight();
  expect(resolveRevision(long, formatClock(end - 3_600n * second), 2n * end)).toBe(2);
  expect(resolveRevision(long, formatClock(end + 3_600n * second), 2n * end)).toBe(1);
});

test.each([
  ["10", "no-event", "event 10 is not in the journal; the last is 9"],
  ["@-10", "no-event", "there are no 10 events before the end; the last is 9"],
  ["run:9", "no-run", "run 9 is not in the journal; the last is 2"],
  ["run:-3", "no-run", "there are no 3 runs in the journal; there are 2"],
  ["run:0", "no-run", "run 0 is not in the journal; the last is 2"],
  ["mark:there", "no-mark", 'no mark is called "there"; there are here'],
  ["@+1", "syntax", '"@+1" is not a revision'],
  ["", "syntax", '"" is not a revision'],
  ["-", "syntax", '"-" is not a revision'],
  ["-5", "syntax", '"-5" is not a revision'],
  ["2026-13-24T06:00:00Z", "syntax", "2026-13-24 06:00:00 is no moment of the calendar"],
  ["2026-02-30T06:00:00Z", "syntax", "2026-02-30 06:00:00 is no moment of the calendar"],
  ["2026-02-29 06:00:00+01:00", "syntax", "2026-02-29 06:00:00 is no moment of the calendar"],
  ["2026-04-31T00:00:00.5Z", "syntax", "2026-04-31 00:00:00 is no moment of the calendar"],
  ["2026-11-24T24:00:00Z", "syntax", "2026-11-24 24:00:00 is no moment of the calendar"],
  ["2026-02-30 06:00:00", "syntax", "2026-02-30 06:00:00 is no moment of the calendar"],
  ["24:00:00.000", "syntax", "24:00:00.000 is no moment of the calendar"],
  ["2026-02-30", "syntax", '"2026-02-30" is not a revision'],
  [
    "99999999999999999999",
    "no-event",
    "event 99999999999999999999 is not in the journal; the last is 9",
  ],
])("%s says what there is instead", (revision, code, message) => {
  let caught: unknown;
  try {
    resolveRevision(journal(), revision, 0n);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(RevisionError);
  expect(caught).toMatchObject({ code, message });
});

function journal() {
  const { recorder, journal: made } = openRecording();
  recorder.run("first", [], () => recorder.write("/file", "content"));
  recorder.run("second", [], () => {
    recorder.write("/file", "more");
    recorder.truncate("/file", 1);
  });
  recorder.mark("here");
  return made;
}

/** Records three events: half past noon, and on the next day at ten and at noon. */
function overnight() {
  const end = BigInt(new Date(2026, 5, 10, 12).getTime()) * 1_000_000n;
  const hour = 3_600n * second;
  // The first is the birth of the journal.
  const times = [end - 24n * hour, end - (47n * hour) / 2n, end - 2n * hour, end];
  const long = openWriter(":memory:", { now: () => times.shift() ?? end });
  const files = new FileSystem({ journal: long, tree: emptyTree(), limits: profiles.default });
  const recorder = recorderOn(long, files);
  for (const name of ["one", "two", "three"]) recorder.mark(name);
  return { journal: long, end };
}
