import fc from "fast-check";
import { expect, test } from "vitest";

import type { Seq } from "../../journal/index.ts";
import { collector } from "../../tui/matches.ts";

test("rows and seqs lead to one another while matches come in at both ends", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), { minLength: 1 }), (seqs) => {
      const sorted = seqs.toSorted((left, right) => left - right);
      const middle = Math.floor(sorted.length / 2);
      const found = collector();
      for (const seq of sorted.slice(0, middle).reverse()) found.prepend(seq as Seq);
      const early = found.matches();
      for (const seq of sorted.slice(middle)) found.append(seq as Seq);
      const all = found.matches();
      expect(early.count).toBe(middle);
      expect(Array.from({ length: all.count }, (_, row) => all.at(row))).toEqual(sorted);
      for (const [row, seq] of sorted.entries()) {
        expect(all.rowOf(seq as Seq)).toBe(row);
        expect(all.rowOf((seq - 1) as Seq)).toBe(row - 1);
      }
    }),
    { numRuns: 200 },
  );
});

test("what was handed out stays as it was when more than its room comes in", () => {
  const found = collector();
  found.append(1 as Seq);
  const early = found.matches();
  for (let seq = 2; seq <= 5_000; seq += 1) found.append(seq as Seq);
  expect(early.count).toBe(1);
  expect(found.matches().count).toBe(5_000);
  expect(found.matches().at(4_999)).toBe(5_000);
});
