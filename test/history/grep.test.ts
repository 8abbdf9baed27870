import { expect, test } from "vitest";

import { type Match, grep, grepHistory, tapeOf } from "../../src/history/index.ts";
import { type Recording, openRecording } from "../support/recording.ts";

test("a search tells path, line and place of each line that matches", () => {
  const recording = openRecording();
  recording.recorder.run("guest", [], () => {
    recording.recorder.mkdir("/notes");
    recording.recorder.write("/notes/b", "needle\nhay\nanother needle\n");
    recording.recorder.write("/notes/a", "hay\n");
    recording.recorder.write("/c", "a needle without a newline");
  });
  expect(found(recording, "needle")).toEqual([
    ["/c", 1, 0, "a needle without a newline"],
    ["/notes/b", 1, 0, "needle"],
    ["/notes/b", 3, 11, "another needle"],
  ]);
  expect(found(recording, /^hay$/g)).toEqual([
    ["/notes/a", 1, 0, "hay"],
    ["/notes/b", 2, 7, "hay"],
  ]);
});

test("what is no text is only said to match", () => {
  const recording = openRecording();
  recording.recorder.run("guest", [], () => {
    recording.recorder.write("/bytes", new TextEncoder().encode("a\0b\nneedle\nneedle\n"));
  });
  expect([...searched(recording, "needle")]).toEqual([{ path: "/bytes", ino: 2, kind: "binary" }]);
});

test("lines are whole wherever the file is cut into pieces, and endless ones are cut", () => {
  const recording = openRecording();
  const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index} needle`).join("\n");
  recording.recorder.run("guest", [], () => {
    recording.recorder.write("/lines", lines);
    recording.recorder.write("/endless", "x".repeat(200_000) + "needle");
  });
  const matches = found(recording, "needle");
  expect(matches).toHaveLength(40_001);
  expect(
    matches.slice(1).every(([, line, , text]) => text === `line ${Number(line) - 1} needle`),
  ).toBe(true);
});

test("a search through time tells what brought a line and what took it away", () => {
  const { recorder, journal } = openRecording();
  recorder.run("guest", [], () => {
    recorder.write("/file", "first needle\nsecond\n");
    recorder.write("/file", "needle", 13);
    recorder.write("/file", "thread", 6);
    recorder.rename("/file", "/moved");
    recorder.write("/moved", "third needle\n", 20);
    recorder.truncate("/moved", 20);
    recorder.write("/gone", "a needle");
    recorder.remove("/gone");
  });
  const matches = [...grepHistory(journal, "/", "needle")];
  const told = matches.map(({ path, text, added, removed }) => [
    path,
    text,
    added?.seq,
    removed?.seq,
  ]);
  expect(told).toEqual([
    ["/file", "first needle", 3, 5],
    ["/moved", "third needle", 7, 8],
    ["/gone", "a needle", 10, 11],
    ["/file", "needle", 4, undefined],
  ]);
});

test("a line that is written again unchanged is one match", () => {
  const { recorder, journal } = openRecording();
  recorder.run("guest", [], () => {
    recorder.write("/file", "needle\nother\n");
    recorder.write("/file", "needle\n");
    recorder.write("/file", "OTHER", 7);
  });
  expect([...grepHistory(journal, "/", "needle")]).toMatchObject([{ added: { seq: 3 } }]);
});

function searched({ history, journal }: Recording, pattern: string | RegExp): Iterable<Match> {
  return grep(history.at(journal.head()), "/", pattern, tapeOf(journal));
}

function found(recording: Recording, pattern: string | RegExp): unknown[][] {
  return [...searched(recording, pattern)].map((match) =>
    match.kind === "line" ? [match.path, match.line, match.start, match.text] : [match.path],
  );
}
