import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { RestoreError, mark } from "../../../src/history/index.ts";
import { openRecording } from "../../support/recording.ts";

test("a mark names a moment, and the latest of a name counts", () => {
  const { journal, history, recorder } = openRecording();
  recorder.run("one", [], () => recorder.write("/a", "one"));
  const first = journal.head();
  mark(journal, "good");
  expect(history.resolve("mark:good")).toBe(first);
  mark(journal, "good", 2 as Seq);
  expect(history.resolve("mark:good")).toBe(2);
});

test.each([
  "",
  "two words",
  "new\nline",
  "zero\u200bwidth",
  "x".repeat(101),
  "@",
  "run:1",
  "5",
  "-5m",
])("a mark cannot be called %j", (name) => {
  const { journal } = openRecording();
  expect(() => mark(journal, name)).toThrow(RestoreError);
  expect(journal.head()).toBe(0);
});

test("a moment that is not there cannot be marked", () => {
  const { journal } = openRecording();
  expect(() => mark(journal, "later", 1 as Seq)).toThrow("event 1 is not in the journal");
});
