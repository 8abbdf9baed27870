import fc from "fast-check";
import { expect, test } from "vitest";

import { numberLines } from "../../../src/history/lines/line-numbers.ts";
import { linesIn } from "../../../src/history/lines/text-lines.ts";

/** Returns the lines of both texts, numbered in the order in which they first occur. */
function numbered(before: string, after: string): { left: number[]; right: number[] } {
  const known: string[] = [];
  const numbersOf = (text: string) =>
    (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => {
      if (!known.includes(line)) known.push(line);
      return known.indexOf(line);
    });
  return { left: numbersOf(before), right: numbersOf(after) };
}

const text = fc
  .array(fc.constantFrom("", "a", "b", "ab", "é", "中", "a long line that is much longer"))
  .chain((lines) => fc.constantFrom("\n", "").map((end) => lines.join("\n") + end));

test("equal lines of two texts have the same number, and others have not, with and without a last newline", () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const { left, right, distinct } = numberLines(linesIn(before), linesIn(after));
      const expected = numbered(before, after);
      expect([[...left], [...right]]).toEqual([expected.left, expected.right]);
      expect(distinct).toBe(new Set([...expected.left, ...expected.right]).size);
    }),
  );
});

test("lines that were made to have one hash are told apart, and take no more time than others", () => {
  const lines = colliding(11);
  const whole = `${lines.join("\n")}\n`;
  const { left, right, distinct } = numberLines(linesIn(whole), linesIn(whole));
  expect(distinct).toBe(lines.length);
  expect(left).toEqual(right);
});

/** Makes 2 ** `blocks` lines of one hash: at each place are two pairs of characters that lead from one state to one. */
function colliding(blocks: number): string[] {
  let lines = [""];
  let state = 0x811c9dc5 | 0;
  for (let place = 0; place < blocks; place += 1) {
    const seen = new Map<number, number>();
    for (let first = 0x100; ; first += 1) {
      const after = step(state, first);
      const same = seen.get(after >>> 16);
      seen.set(after >>> 16, first);
      if (same === undefined) continue;
      const second = 0x4000;
      const other = second ^ ((step(state, same) ^ after) & 0xffff);
      if (other === 0x0a) continue;
      const pairs = [String.fromCharCode(first, second), String.fromCharCode(same, other)];
      lines = lines.flatMap((line) => pairs.map((pair) => line + pair));
      state = step(after, second);
      break;
    }
  }
  return lines;
}

/** One step of the hash. */
function step(state: number, character: number): number {
  return Math.imul(state ^ character, 0x01000193);
}
