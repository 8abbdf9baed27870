import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Ino } from "../../journal/index.ts";
import { inodeEvents } from "../../src/history/inode-events.ts";
import { openRecording } from "../support/recording.ts";

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
    { numRuns: 30 },
  );
});
