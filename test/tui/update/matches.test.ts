import fc from "fast-check";
import { expect, test } from "vitest";

import type { Seq } from "../../../journal/index.ts";
import { collector, noMatches } from "../../../tui/state/matches.ts";

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

test("more that comes later is added to a copy or in place, and what there was stays as it was", () => {
  const found = collector();
  found.prepend(3 as Seq);
  found.append(5 as Seq);
  const early = found.matches();
  const one = early.and([6 as Seq, 9 as Seq]);
  const other = early.and([7 as Seq]);
  const more = one.and([11 as Seq]);
  const seqs = (matches: typeof early) =>
    Array.from({ length: matches.count }, (_, row) => matches.at(row));
  expect([early, one, other, more].map(seqs)).toEqual([
    [3, 5],
    [3, 5, 6, 9],
    [3, 5, 7],
    [3, 5, 6, 9, 11],
  ]);
  expect(one.rowOf(11 as Seq)).toBe(3);
  expect(seqs(noMatches.and([2 as Seq]))).toEqual([2]);
  expect(seqs(noMatches)).toEqual([]);
  expect(seqs(noMatches.and([4 as Seq]))).toEqual([4]);
});
