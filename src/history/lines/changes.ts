import { type Box, EditSplitter, type Point } from "./edit-split.ts";
import { LineAnchors } from "./anchors.ts";
import { slideChanges } from "./slide-changes.ts";

/** Marks the lines of two texts: 1 for a removed or added line, 0 for a line with a partner in the other text. */
export interface LineChanges {
  readonly removed: Uint8Array;
  readonly added: Uint8Array;
}

/** The depth of the search for unique lines in very different texts, before they are cut where the search stopped. */
const deepest = 4;

/**
 * Compares two texts as numbers below `distinct`, the same number for the same line. Finds a shortest edit if that has
 * a bounded cost, and cuts very different texts at lines that both hold once. The same input gives the same answer, for
 * at most some thousand steps a line.
 */
export function changedLines(before: Int32Array, after: Int32Array, distinct: number): LineChanges {
  const whole = trim(before, after, {
    leftStart: 0,
    leftEnd: before.length,
    rightStart: 0,
    rightEnd: after.length,
  });
  const removed = new Uint8Array(before.length).fill(1, whole.leftStart, whole.leftEnd);
  const added = new Uint8Array(after.length).fill(1, whole.rightStart, whole.rightEnd);

  // Lines that only one side holds have no partner, and are left out of the search.
  const left = sharedPlaces(before, whole.leftStart, whole.leftEnd, presence(after, distinct));
  const right = sharedPlaces(after, whole.rightStart, whole.rightEnd, presence(before, distinct));
  pair(linesAt(before, left), linesAt(after, right), distinct, (one, other) => {
    removed[left[one] ?? 0] = 0;
    added[right[other] ?? 0] = 0;
  });
  slideChanges(before, removed, added);
  slideChanges(after, added, removed);
  return { removed, added };
}

/** Removes the equal lines at the start and the end of a box. */
function trim(left: Int32Array, right: Int32Array, box: Box): Box {
  let { leftStart, leftEnd, rightStart, rightEnd } = box;
  while (leftStart < leftEnd && rightStart < rightEnd && left[leftStart] === right[rightStart]) {
    leftStart += 1;
    rightStart += 1;
  }
  while (
    leftStart < leftEnd &&
    rightStart < rightEnd &&
    left[leftEnd - 1] === right[rightEnd - 1]
  ) {
    leftEnd -= 1;
    rightEnd -= 1;
  }
  return { leftStart, leftEnd, rightStart, rightEnd };
}

function presence(lines: Int32Array, distinct: number): Uint8Array {
  const present = new Uint8Array(distinct);
  for (let at = 0; at < lines.length; at += 1) present[lines[at] ?? 0] = 1;
  return present;
}

function sharedPlaces(
  lines: Int32Array,
  start: number,
  end: number,
  present: Uint8Array,
): Int32Array {
  const places = new Int32Array(end - start);
  let count = 0;
  for (let at = start; at < end; at += 1) {
    if (present[lines[at] ?? 0] === 1) places[count++] = at;
  }
  return places.subarray(0, count);
}

function linesAt(lines: Int32Array, places: Int32Array): Int32Array {
  return places.map((place) => lines[place] ?? 0);
}

/** Finds the partners of two sequences: cuts a box again and again until one side is empty. */
function pair(
  left: Int32Array,
  right: Int32Array,
  distinct: number,
  isPair: (left: number, right: number) => void,
): void {
  const splitter = new EditSplitter(left, right);
  let anchors: LineAnchors | undefined;
  const whole = { leftStart: 0, leftEnd: left.length, rightStart: 0, rightEnd: right.length };
  const waiting: { readonly box: Box; readonly depth: number }[] = [{ box: whole, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { box, depth } = next;
    const rest = trim(left, right, box);
    for (let at = box.leftStart; at < rest.leftStart; at += 1)
      isPair(at, box.rightStart + at - box.leftStart);
    for (let at = rest.leftEnd; at < box.leftEnd; at += 1)
      isPair(at, rest.rightEnd + at - rest.leftEnd);
    if (rest.leftStart === rest.leftEnd || rest.rightStart === rest.rightEnd) continue;
    const split = splitter.split(rest);
    let points: readonly Point[] = [split];
    if (split.kind === "guess" && depth < deepest) {
      const found = (anchors ??= new LineAnchors(left, right, distinct)).find(rest);
      if (found.length > 0) points = found;
    }
    const deeper = split.kind === "guess" ? depth + 1 : depth;
    for (const part of cutAt(rest, points)) waiting.push({ box: part, depth: deeper });
  }
}

function* cutAt(box: Box, points: readonly Point[]): Generator<Box> {
  let { leftStart, rightStart } = box;
  for (const { left, right } of points) {
    yield { leftStart, leftEnd: left, rightStart, rightEnd: right };
    [leftStart, rightStart] = [left, right];
  }
  yield { leftStart, leftEnd: box.leftEnd, rightStart, rightEnd: box.rightEnd };
}
