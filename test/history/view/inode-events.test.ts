import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Ino, Seq } from "../../../journal/index.ts";
import { eventsOnAny, inodeEvents } from "../../../src/history/view/inode-events.ts";
import { openRecording } from "../../support/recording.ts";
import { attempts } from "../../support/scale.ts";

test("the events on an inode are those that a query gives, dense or scattered", () => {
  const stretch = fc.record({
    writes: fc.integer({ min: 1, max: 700 }),
    every: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(fc.array(stretch, { minLength: 1, maxLength: 4 }), (stretches) => {
      const { recorder, journal } = openRecording();
      recorder.run("guest", [], () => {
        recorder.write("/it", "x");
        recorder.write("/other", "x");
        for (const { writes, every } of stretches) {
          for (let turn = 0; turn < writes; turn += 1)
            recorder.write(turn % every === 0 ? "/it" : "/other", "y");
        }
        recorder.rename("/other", "/it");
      });
      const [head, ino] = [journal.head(), 2 as Ino];
      const seqs = [...inodeEvents(journal, ino, head)].map(({ seq }) => seq);
      expect(seqs).toEqual([...journal.query({ ino })].map(({ seq }) => seq));
      journal.close();
    }),
    { numRuns: attempts(30) },
  );
});

test("the events on any of some inodes are those of each of them, however many are asked for", () => {
  const { recorder, journal } = openRecording();
  recorder.run("guest", [], () => {
    for (let at = 0; at < 600; at += 1) recorder.write(`/${at}`, "x");
    for (let at = 0; at < 600; at += 7) recorder.write(`/${at}`, "y");
    for (let at = 1; at < 600; at += 50) recorder.rename(`/${at}`, `/${at + 1}`);
  });
  const inos = Array.from({ length: 600 }, (_, index) => (index + 2) as Ino);
  const range = { first: 300 as Seq, last: (journal.head() - 3) as Seq };
  for (const count of [1, 40, 500, 501, 600]) {
    const wanted = new Set(inos.slice(-count));
    const found = Map.groupBy(eventsOnAny(journal, wanted, range), ([ino]) => ino);
    for (const ino of inos) {
      const expected = wanted.has(ino) ? [...journal.query({ ...range, ino })] : [];
      expect((found.get(ino) ?? []).map(([, event]) => event)).toEqual(expected);
    }
  }
  journal.close();
});
