import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import {
  Saves,
  blameContent,
  carried,
  grep,
  grepHistory,
  lastByteChange,
  lookup,
  nextByteChange,
  tapeOf,
} from "../../../src/history/index.ts";
import { LineModel } from "../../support/model/line-model.ts";
import { attempts } from "../../support/scale.ts";
import { type Recording, openRecording } from "../../support/recording.ts";

/** Ways in which programs replace the contents of a file. */
const ways = [
  "truncated",
  "in chunks",
  "in place",
  "renamed over",
  "backed up",
  "removed",
  "exchanged",
  "exchanged by the old name",
] as const;
type Way = (typeof ways)[number];

function save({ recorder }: Recording, way: Way, text: string): void {
  if (way === "renamed over") {
    recorder.write("/f.new", text);
    return recorder.rename("/f.new", "/f");
  }
  if (way === "exchanged" || way === "exchanged by the old name") {
    recorder.write("/f.new", text);
    if (way === "exchanged") recorder.exchange("/f.new", "/f");
    else recorder.exchange("/f", "/f.new");
    return recorder.remove("/f.new");
  }
  if (way === "backed up") recorder.rename("/f", "/f~");
  if (way === "removed") recorder.remove("/f");
  if (way === "truncated" || way === "in chunks") recorder.truncate("/f", 0);
  const step = way === "in chunks" ? 5 : Math.max(1, text.length);
  for (let at = 0; at < Math.max(1, text.length); at += step)
    recorder.write("/f", text.slice(at, at + step), at);
  if (way === "in place") recorder.truncate("/f", text.length);
}

/** Lines that mostly differ from all others, and some that occur in several places. */
const changes = fc.array(
  fc.record({
    way: fc.constantFrom(...ways),
    places: fc.array(
      fc.record({
        at: fc.nat(1_000),
        removed: fc.nat(2),
        added: fc.array(fc.constantFrom("", "}", "new", "new", "new"), { maxLength: 2 }),
      }),
      { maxLength: 3 },
    ),
    isEnded: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

test("each line is of the save that brought it, whichever way a file is saved", () => {
  let known = 0;
  fc.assert(
    fc.property(changes, (all) => {
      const recording = openRecording();
      const model = new LineModel();
      const ends: number[] = [];
      let lines = Array.from({ length: 8 }, (_, index) => `first ${index}`);
      let made = 0;
      const saved = (text: string) => {
        model.save(linesOf(text), ends.length);
        ends.push(recording.journal.head());
      };
      recording.recorder.run("guest", [], () => {
        recording.recorder.write("/f", lines.join("\n"));
        saved(lines.join("\n"));
        for (const { way, places, isEnded } of all) {
          for (const { at, removed, added } of places) {
            const brought = added.map((text) => (text === "new" ? `new ${(made += 1)}` : text));
            lines = lines.toSpliced(at % (lines.length + 1), removed, ...brought);
          }
          const text = lines.join("\n") + (isEnded && lines.length > 0 ? "\n" : "");
          save(recording, way, text);
          saved(text);
        }
      });
      const found = authors(recording, ends);
      for (const [index, author] of model.authors.entries()) {
        if (author === "anybody") continue;
        known += 1;
        expect(`line ${index} ${found[index]}`).toBe(`line ${index} ${author}`);
      }
      recording.journal.close();
    }),
    { numRuns: attempts(60) },
  );
  expect(known).toBeGreaterThan(attempts(150));
});

test("a search through time tells of a line once, however often its file is saved", () => {
  // A backup has the line, too, and so has a file that was exchanged, until it is removed.
  const others = ways.filter((way) => way !== "backed up" && !way.startsWith("exchanged"));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...others), fc.boolean()), { maxLength: 8 }),
      (all) => {
        const recording = openRecording();
        const { journal, recorder } = recording;
        const expected: [from: number, to: number | undefined][] = [];
        const heads: number[] = [];
        let open: number | undefined;
        recorder.run("guest", [], () => {
          recorder.write("/f", "one\ntwo\nthree\n");
          heads.push(journal.head());
          for (const [index, [way, isThere]] of all.entries()) {
            const lines = [
              ...Array.from({ length: index % 3 }, () => "more"),
              "one",
              "two",
              "three",
            ];
            if (isThere) lines.splice(lines.indexOf("two"), 0, "needle");
            save(recording, way, `${lines.join("\n")}\n`);
            heads.push(journal.head());
            if (isThere) open ??= heads.length - 1;
            else if (open !== undefined) expected.push([open, heads.length - 1]);
            if (!isThere) open = undefined;
          }
          if (open !== undefined) expected.push([open, undefined]);
        });
        const step = (seq: number | undefined) =>
          seq === undefined ? undefined : heads.findIndex((head) => seq <= head);
        const found = [...grepHistory(journal, "/f", "needle", journal.head(), () => {}, "saves")];
        expect(found.map(({ added, removed }) => [step(added?.seq), step(removed?.seq)])).toEqual(
          expected,
        );
        journal.close();
      },
    ),
    { numRuns: attempts(40) },
  );
});

test("bytes are followed through saves to the one that changes them, forward and back", () => {
  const steps = fc.array(
    fc.record({ way: fc.constantFrom(...ways), isChanged: fc.boolean(), above: fc.nat(3) }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const recording = openRecording();
      const { journal, recorder, history } = recording;
      const heads: number[] = [];
      const changed: number[] = [];
      let mark = "mark 0";
      recorder.run("guest", [], () => {
        recorder.write("/f", `top\n${mark}\nend\n`);
        heads.push(journal.head());
        for (const [index, { way, isChanged, above }] of all.entries()) {
          if (isChanged) mark = `other ${index}`;
          save(recording, way, `top\n${`line ${index}\n`.repeat(above)}${mark}\nend\n`);
          heads.push(journal.head());
          if (isChanged) changed.push(journal.head());
        }
      });
      const saves = new Saves(journal);
      const [first = 0] = heads;
      const file = lookup(history.at(first as Seq), "/f");
      if (file === undefined) throw new Error("there is no file");
      const range = { ino: file.ino, start: 4, end: 10 };
      const next = nextByteChange(saves, range, first as Seq, journal.head());
      const isUpTo = (seq: number | undefined) => heads.findIndex((head) => (seq ?? 0) <= head);
      expect(next === undefined ? undefined : isUpTo(next)).toBe(
        changed[0] === undefined ? undefined : isUpTo(changed[0]),
      );
      const before = (changed[0] ?? journal.head() + 1) - 1;
      const last = heads.findLast((head) => head <= before) ?? first;
      const there = carried(saves, range, first as Seq, last as Seq);
      const text = Buffer.from(history.state(`#${last}`).readFile("/f")).toString();
      expect(text.slice(there.start, there.end)).toBe("mark 0");
      const from = (last + 1) as Seq;
      expect(isUpTo(lastByteChange(saves, there, from))).toBe(0);
      expect(carried(saves, there, last as Seq, first as Seq)).toEqual(range);
      journal.close();
    }),
    { numRuns: attempts(60) },
  );
});

test("a line of UTF-16 keeps its author when another is saved anew", () => {
  const { recorder, journal, history } = openRecording();
  const bytes = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");
  recorder.run("guest", [], () => {
    recorder.write("/f", bytes("eins\nzwei\ndrei\n"));
    recorder.truncate("/f", 0);
    recorder.write("/f", bytes("eins\nZWEI\ndrei\n"));
  });
  const file = lookup(history.at(journal.head()), "/f");
  if (file?.type !== "file") throw new Error("there is no file");
  const { spans } = blameContent(new Saves(journal), file, journal.head());
  expect(spans.map(({ start, end, seq }) => [start, end, seq])).toEqual([
    [0, 12, 3],
    [12, 22, 5],
    [22, 32, 3],
  ]);
});

test("what is too large to be compared is told as the save's own, and said so", () => {
  const { recorder, journal, history } = openRecording();
  recorder.run("guest", [], () => {
    recorder.write("/f", "one\n");
    recorder.truncate("/f", 2 ** 40);
    recorder.truncate("/f", 0);
    recorder.write("/f", "one\n");
  });
  const file = lookup(history.at(journal.head()), "/f");
  if (file?.type !== "file") throw new Error("there is no file");
  const { spans, isCut } = blameContent(new Saves(journal), file, journal.head());
  expect(isCut).toBe(true);
  expect(spans).toMatchObject([{ seq: 6, save: [5, 6] }]);
});

test("a file that is cut ever again, with much in it, is followed as far as the budget goes", () => {
  const { recorder, journal, history } = openRecording();
  recorder.run("guest", [], () => {
    recorder.write("/f", "first\n");
    for (let turn = 0; turn < 60; turn += 1) {
      recorder.truncate("/f", 16 * 2 ** 20);
      recorder.truncate("/f", 0);
      recorder.write("/f", "first\n");
    }
  });
  const file = lookup(history.at(journal.head()), "/f");
  if (file?.type !== "file") throw new Error("there is no file");
  expect(blameContent(new Saves(journal), file, journal.head()).isCut).toBe(true);
  const early = lookup(history.at(30 as Seq), "/f");
  if (early?.type !== "file") throw new Error("there is no file");
  const { spans, isCut } = blameContent(new Saves(journal), early, 30 as Seq);
  expect([isCut, spans[0]?.seq]).toEqual([false, 3]);
});

test("Latin-1 and UTF-16 are searched as text", () => {
  const { recorder, journal, history } = openRecording();
  recorder.run("guest", [], () => {
    recorder.write("/latin", Buffer.from("caf\u00e9\n", "latin1"));
    recorder.write("/wide", Buffer.from("\ufeffthe\nca\u0161e\n", "utf16le"));
  });
  const found = [...grep(history.at(journal.head()), "/", /ca/u, tapeOf(journal))];
  expect(found.map((match) => (match.kind === "line" ? match.text : match.kind))).toEqual([
    "caf\u00e9",
    "ca\u0161e",
  ]);
});

/** Splits into lines with their newlines. */
function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/).filter((line) => line !== "");
}

/** Returns, for each line, the save that brought its newest bytes. */
function authors(recording: Recording, ends: readonly number[]): number[] {
  const { journal, history } = recording;
  const file = lookup(history.at(journal.head()), "/f");
  if (file?.type !== "file") throw new Error("there is no file");
  const { spans, isCut } = blameContent(new Saves(journal), file, journal.head());
  expect(isCut).toBe(false);
  const text = Buffer.from(history.state("@").readFile("/f")).toString();
  let at = 0;
  return linesOf(text).map((line) => {
    const [start, end] = [at, (at += line.length)];
    const own = spans.filter((span) => span.start < end && span.end > start);
    const seq = Math.max(...own.map((span) => span.seq));
    return ends.findIndex((last) => seq <= last);
  });
}
