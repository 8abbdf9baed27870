/** A part of two sequences; the ends are not included. */
export interface Box {
  readonly leftStart: number;
  readonly leftEnd: number;
  readonly rightStart: number;
  readonly rightEnd: number;
}

/** A place in both sequences. */
export interface Point {
  readonly left: number;
  readonly right: number;
}

/**
 * The place at which a box is cut in two. "exact": a shortest edit leads through it; "guess": the search was given up.
 */
export interface Split extends Point {
  readonly kind: "exact" | "guess";
}

/** The most edits to try from either end before the search is given up… */
const mostEdits = 256;
/** …and the least, for the longest sequences. */
const fewestEdits = 32;
/** The intended number of steps of all searches together: edits times the length of both sequences. */
const wantedSteps = 2 ** 25;

/** Stands for a diagonal that no path from the end has reached. */
const unreached = 0x7fffffff;

/**
 * Finds a point on a shortest edit, from both ends in linear space (Myers 1986, section 4b). Gives up after a number of
 * edits that depends on the lengths alone, so that the cost depends on the input alone.
 */
export class EditSplitter {
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  /** The furthest place in `left` that paths from the start reach, by diagonal. */
  readonly #ahead: Int32Array;
  /** Holds the same for paths from the end. */
  readonly #behind: Int32Array;
  /** The index of diagonal 0 in both arrays. */
  readonly #zero: number;
  readonly #mostEdits: number;

  constructor(left: Int32Array, right: Int32Array) {
    const diagonals = left.length + right.length + 3;
    this.#left = left;
    this.#right = right;
    this.#ahead = new Int32Array(diagonals);
    this.#behind = new Int32Array(diagonals);
    this.#zero = right.length + 1;
    const affordable = Math.floor(wantedSteps / diagonals);
    this.#mostEdits = Math.min(mostEdits, Math.max(fewestEdits, affordable));
  }

  /** Cuts a box whose sides are not empty and differ in their first and last places. The cut is never at a corner. */
  split({ leftStart, leftEnd, rightStart, rightEnd }: Box): Split {
    const [left, right, zero] = [this.#left, this.#right, this.#zero];
    const [ahead, behind] = [this.#ahead, this.#behind];
    const lowest = leftStart - rightEnd;
    const highest = leftEnd - rightStart;
    const first = leftStart - rightStart;
    const last = leftEnd - rightEnd;
    const isOdd = ((first - last) & 1) !== 0;
    let [aheadLow, aheadHigh, behindLow, behindHigh] = [first, first, last, last];
    ahead[zero + first] = leftStart;
    behind[zero + last] = leftEnd;
    for (let edits = 1; ; edits += 1) {
      // Diagonals leave the box one by one; those beside the outermost count as never reached.
      if (aheadLow > lowest) ahead[zero + --aheadLow - 1] = -1;
      else aheadLow += 1;
      if (aheadHigh < highest) ahead[zero + ++aheadHigh + 1] = -1;
      else aheadHigh -= 1;
      for (let diagonal = aheadHigh; diagonal >= aheadLow; diagonal -= 2) {
        const at = zero + diagonal;
        let x = Math.max((ahead[at - 1] ?? 0) + 1, ahead[at + 1] ?? 0);
        while (x < leftEnd && x - diagonal < rightEnd && left[x] === right[x - diagonal]) x += 1;
        ahead[at] = x;
        const meets = isOdd && behindLow <= diagonal && diagonal <= behindHigh;
        if (meets && (behind[at] ?? 0) <= x) return { left: x, right: x - diagonal, kind: "exact" };
      }
      if (behindLow > lowest) behind[zero + --behindLow - 1] = unreached;
      else behindLow += 1;
      if (behindHigh < highest) behind[zero + ++behindHigh + 1] = unreached;
      else behindHigh -= 1;
      for (let diagonal = behindHigh; diagonal >= behindLow; diagonal -= 2) {
        const at = zero + diagonal;
        let x = Math.min(behind[at - 1] ?? 0, (behind[at + 1] ?? 0) - 1);
        while (
          x > leftStart &&
          x - diagonal > rightStart &&
          left[x - 1] === right[x - 1 - diagonal]
        )
          x -= 1;
        behind[at] = x;
        const meets = !isOdd && aheadLow <= diagonal && diagonal <= aheadHigh;
        if (meets && x <= (ahead[at] ?? 0)) return { left: x, right: x - diagonal, kind: "exact" };
      }
      if (edits < this.#mostEdits) continue;

      let best: Split = { left: leftStart, right: rightStart, kind: "guess" };
      let most = 0;
      const consider = (x: number, diagonal: number, progress: number): void => {
        if (progress > most)
          [best, most] = [{ left: x, right: x - diagonal, kind: "guess" }, progress];
      };
      for (let diagonal = aheadHigh; diagonal >= aheadLow; diagonal -= 2) {
        const x = Math.min(ahead[zero + diagonal] ?? 0, leftEnd, rightEnd + diagonal);
        consider(x, diagonal, x - leftStart + (x - diagonal - rightStart));
      }
      for (let diagonal = behindHigh; diagonal >= behindLow; diagonal -= 2) {
        const x = Math.max(behind[zero + diagonal] ?? 0, leftStart, rightStart + diagonal);
        consider(x, diagonal, leftEnd - x + (rightEnd - (x - diagonal)));
      }
      return best;
    }
  }
}
