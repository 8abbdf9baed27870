import type { Box, Point } from "./edit-split.ts";

/** Finds the longest series of lines that a box holds exactly once on either side, in the same order. */
export class LineAnchors {
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  /** By line: 0 if it is absent, its place plus one if it occurs once, or -1 if it occurs several times. */
  readonly #inLeft: Int32Array;
  readonly #inRight: Int32Array;

  /** Lines are numbers below `distinct`. */
  constructor(left: Int32Array, right: Int32Array, distinct: number) {
    this.#left = left;
    this.#right = right;
    this.#inLeft = new Int32Array(distinct);
    this.#inRight = new Int32Array(distinct);
  }

  find({ leftStart, leftEnd, rightStart, rightEnd }: Box): Point[] {
    const left = this.#left.subarray(leftStart, leftEnd);
    const right = this.#right.subarray(rightStart, rightEnd);
    for (const line of left) this.#inLeft[line] = this.#inRight[line] = 0;
    for (const line of right) this.#inLeft[line] = this.#inRight[line] = 0;
    note(left, leftStart, this.#inLeft);
    note(right, rightStart, this.#inRight);
    const pairs: Point[] = [];
    for (const [index, line] of left.entries()) {
      const place = this.#inRight[line] ?? 0;
      if (this.#inLeft[line] === leftStart + index + 1 && place > 0)
        pairs.push({ left: leftStart + index, right: place - 1 });
    }
    return longestRise(pairs);
  }
}

function note(lines: Int32Array, start: number, places: Int32Array): void {
  for (const [index, line] of lines.entries())
    places[line] = places[line] === 0 ? start + index + 1 : -1;
}

/** Returns the longest series of points in which `right` rises: patience sorting. */
function longestRise(points: readonly Point[]): Point[] {
  const ends: number[] = [];
  const previous = new Int32Array(points.length);
  const rightOf = (index: number | undefined): number => points[index ?? -1]?.right ?? -1;
  for (const [index, { right }] of points.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (rightOf(ends[middle]) < right) low = middle + 1;
      else high = middle;
    }
    previous[index] = ends[low - 1] ?? -1;
    ends[low] = index;
  }
  const rise: Point[] = [];
  for (let at = ends.at(-1) ?? -1; at >= 0; at = previous[at] ?? -1) {
    const point = points[at];
    if (point !== undefined) rise.push(point);
  }
  return rise.reverse();
}
