import { expect, test } from "vitest";

import { RevisionError, resolveRevision } from "../../../src/history/index.ts";
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
  ["-1m", 0],
  ["-1s", 9],
  ["-0d0h0m2s", 0],
])("%s is event %i", (revision, seq) => {
  expect(resolveRevision(journal(), revision, 1_001n * second + second / 2n)).toBe(seq);
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
