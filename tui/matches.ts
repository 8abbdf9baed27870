import type { Seq } from "../journal/index.ts";
import type { Matches } from "./state.ts";

/** Collects matches around a moment: it grows at both ends, and what was handed out stays as it was. */
export interface Collector {
  /** A match before all that are known. */
  prepend(seq: Seq): void;
  /** A match after all that are known. */
  append(seq: Seq): void;
  matches(): Matches;
}

export const noMatches: Matches = { count: 0, at: () => 0 as Seq, rowOf: () => -1 };

export function collector(): Collector {
  const before = growing();
  const after = growing();
  return {
    prepend: (seq) => before.push(seq),
    append: (seq) => after.push(seq),
    matches: () => matchesIn(before.values(), after.values()),
  };
}

/** `before` counts down from the moment, `after` up. */
function matchesIn(before: Uint32Array, after: Uint32Array): Matches {
  const at = (row: number): Seq =>
    (row < before.length
      ? (before[before.length - 1 - row] ?? 0)
      : (after[row - before.length] ?? 0)) as Seq;
  const count = before.length + after.length;
  return {
    count,
    at,
    rowOf: (seq) => {
      let low = 0;
      let high = count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (at(middle) <= seq) low = middle + 1;
        else high = middle;
      }
      return low - 1;
    },
  };
}

/** A list of numbers that can be looked at while it grows. */
function growing(): { push(value: number): void; values(): Uint32Array } {
  let held = new Uint32Array(1_024);
  let count = 0;
  return {
    push(value) {
      if (count === held.length) {
        const larger = new Uint32Array(held.length * 2);
        larger.set(held);
        held = larger;
      }
      held[count] = value;
      count += 1;
    },
    values: () => held.subarray(0, count),
  };
}
