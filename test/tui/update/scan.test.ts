import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Event, Seq } from "../../../journal/index.ts";
import { matcherFor, parseCriteria } from "../../../tui/state/find.ts";
import { type Recording, openRecording } from "../../../tui/recording/recording.ts";
import { type Direction, type Scan, scanning } from "../../../tui/state/scan.ts";
import { record } from "../../support/journal.ts";
import { some } from "../../support/some.ts";
import { temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
let recording: Recording;
let all: readonly Event[] | undefined;

beforeAll(() => {
  const file = join(directory.path, "long.db");
  record(file, (recorder) => {
    recorder.run("guest", [], () => {
      recorder.mkdir("/few");
      recorder.mkdir("/many");
      for (let index = 0; index < 24_000; index += 1)
        if (index % 4_000 === 17) recorder.write(`/few/${index}.txt`, "one of a few\n");
        else recorder.write(`/many/${index % 600}.txt`, `line ${index}\n`);
    });
  });
  recording = openRecording(file);
});
afterAll(() => {
  recording.close();
  directory.remove();
});

// Far from the moment they are searched by their paths, or not, depending on the number of paths.
const texts = [
  "few",
  "many/1",
  "path:/few",
  "path:*7.txt",
  "op:create few",
  "-op:write",
  "run:1 op:create,mkdir many",
  "many/1 -7.txt",
  "op:write run:2",
  "error:exist few",
  "nowhere",
];

test("a filter finds every event that matches, in order, and pauses all the while", () => {
  for (const text of texts)
    for (const from of some([0, 12_000, recording.head()])) {
      const wanted = matching(text);
      const { last, pauses } = done({ kind: "filter", criteria: criteriaOf(text), from: at(from) });
      const { matches } = last;
      expect(Array.from({ length: matches?.count ?? 0 }, (_, row) => matches?.at(row))).toEqual(
        wanted,
      );
      expect(last.scanned).toBe(recording.head());
      expect(pauses).toBeGreaterThan(1);
    }
});

test("a search finds the next event that matches, however far it is", () => {
  for (const text of texts)
    for (const from of [0, 3_000, 20_500, recording.head()])
      for (const direction of ["forward", "reverse"] as const) {
        const { last } = done({
          kind: "search",
          criteria: criteriaOf(text),
          from: at(from),
          direction,
          reach: "to the end",
        });
        expect(last.found).toBe(nearest(matching(text), from, direction));
      }
});

test("a search around the ends finds what is on the other side, and says so", () => {
  for (const text of texts)
    for (const from of [0, 3_000, 20_500, recording.head()])
      for (const direction of ["forward", "reverse"] as const) {
        const criteria = criteriaOf(text);
        const { last } = done({
          kind: "search",
          criteria,
          from: at(from),
          direction,
          reach: "around",
        });
        const straight = nearest(matching(text), from, direction);
        const start = direction === "forward" ? 0 : recording.head() + 1;
        expect(last.found).toBe(straight ?? nearest(matching(text), start, direction));
        expect(last.wrapped).toBe(straight === undefined ? direction : undefined);
      }
});

function criteriaOf(text: string) {
  const parsed = parseCriteria(text);
  if (parsed.kind !== "criteria") throw new Error(text);
  return parsed.criteria;
}

const known = new Map<string, readonly Seq[]>();

/** Finds them by looking at every event. */
function matching(text: string): readonly Seq[] {
  let found = known.get(text);
  if (found === undefined) {
    all ??= recording.journal.events(at(1), recording.head());
    found = all.filter(matcherFor(criteriaOf(text), () => false)).map(({ seq }) => seq);
    known.set(text, found);
  }
  return found;
}

function nearest(seqs: readonly Seq[], from: number, direction: Direction): Seq | undefined {
  return direction === "forward"
    ? seqs.find((seq) => seq > from)
    : seqs.findLast((seq) => seq < from);
}

function done(scan: Scan) {
  const work = scanning(recording, scan);
  for (let pauses = 0; ; pauses += 1) {
    const step = work.next();
    if (step.done === true) return { last: step.value, pauses };
  }
}

function at(seq: number): Seq {
  return seq as Seq;
}
