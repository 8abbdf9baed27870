import type { Seq } from "../../journal/index.ts";
import type { Matches } from "./state.ts";

/** Collects matches around a moment at both ends; lists handed out before stay as they were. */
export interface Collector {
  /** Adds a match before all known ones. */
  prepend(seq: Seq): void;
  /** Adds a match after all known ones. */
  append(seq: Seq): void;
  matches(): Matches;
}

export function collector(): Collector {
  const before = growing();
  const after = growing();
  return {
    prepend: (seq) => before.push(seq),
    append: (seq) => after.push(seq),
    matches: () => matchesIn(before.values(), after, after.count()),
  };
}

export const noMatches: Matches = collector().matches();

/** `before` counts down from the moment, the first `length` of `held` up. */
function matchesIn(before: Uint32Array, held: Growing, length: number): Matches {
  const after = held.values();
  const at = (row: number): Seq =>
    (row < before.length
      ? (before[before.length - 1 - row] ?? 0)
      : (after[row - before.length] ?? 0)) as Seq;
  const count = before.length + length;
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
    and(later) {
      // The first to append shares the storage; others copy it, as does anybody who extends the common empty list.
      const isLast = length > 0 && held.count() === length;
      const rest = isLast ? held : growing(after.slice(0, length));
      for (const seq of later) rest.push(seq);
      return matchesIn(before, rest, rest.count());
    },
  };
}

/** A list of numbers that can be read while it grows. */
interface Growing {
  push(value: number): void;
  count(): number;
  values(): Uint32Array;
}

function growing(start: Uint32Array = new Uint32Array(0)): Growing {
  let held = new Uint32Array(Math.max(1_024, start.length * 2));
  held.set(start);
  let count = start.length;
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
    count: () => count,
    values: () => held.subarray(0, count),
  };
}
