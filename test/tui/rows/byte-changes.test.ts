import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";

import type { Ino, Seq } from "../../../journal/index.ts";
import { lastChange, nextChange } from "../../../tui/state/byte-changes.ts";
import { type Recording, openRecording } from "../../../tui/recording/recording.ts";
import { record } from "../../support/journal.ts";
import { attempts } from "../../support/scale.ts";
import { temporaryDirectory } from "../sample.ts";

const directory = temporaryDirectory();
afterAll(directory.remove);

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("write" as const),
      offset: fc.nat(60),
      length: fc.integer({ min: 1, max: 30 }),
    }),
    fc.record({ kind: fc.constant("cut" as const), size: fc.nat(80) }),
    fc.constant({ kind: "other" as const }),
  ),
  { minLength: 1, maxLength: 25 },
);

let made = 0;

test("the last and the next event that changed some bytes are those that a look at every event finds", () => {
  fc.assert(
    fc.property(steps, fc.nat(70), fc.integer({ min: 1, max: 20 }), (all, start, length) => {
      const file = join(directory.path, `${(made += 1)}.db`);
      record(file, (recorder) =>
        recorder.run("guest", [], () => {
          recorder.write("/f", "start");
          for (const step of all) {
            if (step.kind === "write") recorder.write("/f", "x".repeat(step.length), step.offset);
            if (step.kind === "cut") recorder.truncate("/f", step.size);
            if (step.kind === "other") recorder.write("/other", "x");
          }
        }),
      );
      const recording = openRecording(file);
      try {
        const ino = recording.inodeAt("/f", recording.head())?.ino as Ino;
        const bytes = { kind: "bytes", ino, path: "/f", start, end: start + length } as const;
        const changing = touching(recording, ino, start, start + length);
        for (let at = 0; at <= recording.head(); at += 1) {
          const before = changing.filter((seq) => seq < at).at(-1);
          expect(lastChange(recording, bytes, at as Seq)).toBe(before);
          expect(nextChange(recording, bytes, at as Seq, recording.head())).toBe(
            changing.find((seq) => seq > at),
          );
        }
      } finally {
        recording.close();
      }
    }),
    { numRuns: attempts(40) },
  );
});

/** Walks all events, keeping track of the size. */
function touching(recording: Recording, ino: Ino, start: number, end: number): number[] {
  const seqs: number[] = [];
  let size = 0;
  for (const event of recording.journal.events(1 as Seq, recording.head())) {
    if (event.kind === "write" && event.ino === ino) {
      if (event.offset < end && event.offset + event.length > start) seqs.push(event.seq);
      size = Math.max(size, event.offset + event.length);
    }
    if (event.kind === "set-size" && event.ino === ino) {
      if (Math.min(size, event.size) < end && Math.max(size, event.size) > start)
        seqs.push(event.seq);
      size = event.size;
    }
  }
  return seqs;
}
