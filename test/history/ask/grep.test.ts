import fc from "fast-check";
import { expect, test } from "vitest";

import type { Ino, Seq } from "../../../journal/index.ts";
import {
  type HistoryMatch,
  type Match,
  grep,
  grepHistory,
  tapeOf,
} from "../../../src/history/index.ts";
import { OpenMatches } from "../../../src/history/ask/open-matches.ts";
import { type Recording, openRecording } from "../../support/recording.ts";

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

test("a line matches by its text, whatever its encoding is and however it is asked for", () => {
  const recording = openRecording();
  const latin = (text: string): Uint8Array =>
    Uint8Array.from(text, (character) => character.charCodeAt(0));
  recording.recorder.run("guest", [], () => {
    recording.recorder.write("/latin", latin("l\xe4 needle\nneedl needlneedle\n\xe4\xf6\n"));
    recording.recorder.write("/utf-8", "lä needle\nNEEDLE\n\ufeffneedle\nä\n");
  });
  const lines = (pattern: string | RegExp) =>
    found(recording, pattern).map(([path, line]) => `${String(path)} ${String(line)}`);
  const plain = ["/latin 1", "/latin 2", "/utf-8 1", "/utf-8 3"];
  expect(lines("needle")).toEqual(plain);
  expect(lines(/needle/u)).toEqual(plain);
  expect(lines(/needl[e]/u)).toEqual(plain);
  expect(lines(/needle/iu)).toEqual([...plain.slice(0, 3), "/utf-8 2", "/utf-8 3"]);
  expect(lines("ä")).toEqual(["/latin 1", "/latin 3", "/utf-8 1", "/utf-8 4"]);
  expect(lines(/ä needle/u)).toEqual(["/latin 1", "/utf-8 1"]);
  expect(lines("")).toHaveLength(7);
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

test("a search through time agrees with one of each state in turn", () => {
  const line = fc
    .tuple(fc.constantFrom("", "needle", "hay "), fc.nat({ max: 1_500 }), fc.boolean())
    .map(([word, length, isEnded]) => word + "x".repeat(length) + (isEnded ? "\n" : ""));
  const change = fc.oneof(
    { weight: 4, arbitrary: fc.record({ at: fc.nat({ max: 6_000 }), text: line }) },
    { weight: 1, arbitrary: fc.record({ size: fc.nat({ max: 6_000 }) }) },
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const { recorder, journal, history } = openRecording();
      recorder.run("guest", [], () => {
        recorder.write("/file", "");
        for (const one of changes) {
          if ("size" in one) recorder.truncate("/file", one.size);
          else recorder.write("/file", one.text, one.at);
        }
      });
      const open = new Map<number, { text: string; added: number }>();
      const expected: unknown[] = [];
      // The first event begins the run, the second makes the file.
      for (const { seq } of journal.events(2 as Seq, journal.head())) {
        const bytes = history.state(`#${seq}`).readFile("/file");
        const now = linesWith(Buffer.from(bytes).toString("latin1"), "needle");
        for (const [start, { text: was, added }] of open) {
          if (now.get(start) === was) continue;
          expected.push([start, was, added, seq]);
          open.delete(start);
        }
        for (const [start, is] of now)
          if (!open.has(start)) open.set(start, { text: is, added: seq });
      }
      for (const [start, { text: is, added }] of open) expected.push([start, is, added, undefined]);
      const matches = [...grepHistory(journal, "/", "needle")].map((match) => [
        match.start,
        match.text,
        match.added?.seq,
        match.removed?.seq,
      ]);
      expect(new Set(matches.map(String))).toEqual(new Set(expected.map(String)));
      expect(matches).toHaveLength(expected.length);
    }),
  );
});

/** Returns the lines that contain a word, by where they start. */
function linesWith(content: string, word: string): Map<number, string> {
  const found = new Map<number, string>();
  let start = 0;
  for (const line of content.split("\n")) {
    if (line.includes(word)) found.set(start, line);
    start += line.length + 1;
  }
  return found;
}

function searched({ history, journal }: Recording, pattern: string | RegExp): Iterable<Match> {
  return grep(history.at(journal.head()), "/", pattern, tapeOf(journal));
}

function found(recording: Recording, pattern: string | RegExp): unknown[][] {
  return [...searched(recording, pattern)].map((match) =>
    match.kind === "line" ? [match.path, match.line, match.start, match.text] : [match.path],
  );
}

test("matches of a range of a file are those that a look at all would find, without one", () => {
  const start = fc.nat({ max: 400_000 });
  const change = fc.oneof(
    { weight: 3, arbitrary: fc.record({ set: start }) },
    { weight: 1, arbitrary: fc.record({ drop: start }) },
    { weight: 2, arbitrary: fc.record({ first: start, length: start }) },
    { weight: 1, arbitrary: fc.record({ first: start, length: fc.constant(Infinity) }) },
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const matches = new OpenMatches();
      const plain = new Map<number, unknown>();
      for (const one of changes) {
        if ("set" in one) {
          matches.set(one.set, matchAt(one.set));
          plain.set(one.set, matchAt(one.set));
        } else if ("drop" in one) expect(matches.delete(one.drop)).toBe(plain.delete(one.drop));
        else {
          const stop = one.first + one.length;
          const among = [...plain].filter(([at]) => at >= one.first && at < stop);
          expect(matches.between(one.first, stop)).toEqual(among.sort(([a], [b]) => a - b));
        }
        expect([...matches]).toEqual([...plain]);
      }
    }),
  );
  let looks = 0;
  class Counted extends OpenMatches {
    override get(at: number) {
      looks += 1;
      return super.get(at);
    }
  }
  const many = new Counted();
  for (let at = 0; at < 10_000; at += 1) many.set(at * 70_000, matchAt(at * 70_000));
  expect(many.between(7_000_000, 7_000_010)).toHaveLength(1);
  expect(many.between(700_000_000, Infinity)).toEqual([]);
  expect(looks).toBe(1);
});

function matchAt(start: number): HistoryMatch {
  return { path: "/f", ino: 2 as Ino, start, text: "needle" };
}
