/**
 * Returns the path that is most like another: it differs in a few letters, or else has a similar last name. Undefined
 * if none is like it.
 */
export function nearest(
  path: string,
  candidates: Iterable<string>,
  isGood: (candidate: string) => boolean = () => true,
): string | undefined {
  const most = lettersFor(path);
  const name = nameOf(path);
  const mostInName = lettersFor(name);
  let best: string | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate === path) continue;
    let score = distance(path, candidate, Math.min(most, lowest - 1));
    if (score === undefined && name.length >= leastName) {
      // A path with a similar name ranks behind all paths that are similar as a whole.
      const far = distance(name, nameOf(candidate), Math.min(mostInName, lowest - most - 2));
      score = far === undefined ? undefined : far + most + 1;
    }
    if (score === undefined || !isGood(candidate)) continue;
    best = candidate;
    lowest = score;
  }
  return best;
}

/** A shorter name is similar to too many others. */
const leastName = 3;

/** Returns how many letters may differ. */
function lettersFor(text: string): number {
  return Math.min(3, Math.floor(text.length / 4));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Counts the letters to add, drop, change or swap with the next; undefined for more than `most`. Looks only at cells
 * within `most` of the diagonal, since no others can be part of the result: paths may be long, alike, and many.
 */
function distance(left: string, right: string, most: number): number | undefined {
  if (Math.abs(left.length - right.length) > most) return undefined;
  const width = 2 * most + 1;
  // In each row, the index of a column is its offset from the diagonal plus `most`.
  const columnAt = (row: number, index: number) => row + index - most;
  let before: number[] = [];
  let above = Array.from({ length: width }, (_, index) => Math.max(columnAt(0, index), 0));
  for (let row = 1; row <= left.length; row += 1) {
    const now: number[] = [];
    for (let index = 0; index < width; index += 1) {
      const column = columnAt(row, index);
      if (column < 1 || column > right.length) {
        now.push(column === 0 ? row : none);
        continue;
      }
      const isSame = left[row - 1] === right[column - 1];
      const isSwapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      now.push(
        Math.min(
          (above[index + 1] ?? none) + 1,
          (now[index - 1] ?? none) + 1,
          (above[index] ?? none) + (isSame ? 0 : 1),
          row > 1 && column > 1 && isSwapped ? (before[index] ?? none) + 1 : none,
        ),
      );
    }
    if (Math.min(...now) > most) return undefined;
    [before, above] = [above, now];
  }
  const letters = above[right.length - left.length + most] ?? none;
  return letters <= most ? letters : undefined;
}

const none = Number.POSITIVE_INFINITY;
