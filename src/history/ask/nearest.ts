/** Of some paths the one most like another: by a few letters, or else by its last name. Undefined where none is. */
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
      // Wherever it stands, it comes behind all that are like it as a whole.
      const far = distance(name, nameOf(candidate), Math.min(mostInName, lowest - most - 2));
      score = far === undefined ? undefined : far + most + 1;
    }
    if (score === undefined || !isGood(candidate)) continue;
    best = candidate;
    lowest = score;
  }
  return best;
}

/** A shorter name is like too many others. */
const leastName = 3;

/** How many letters may be wrong. */
function lettersFor(text: string): number {
  return Math.min(3, Math.floor(text.length / 4));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Letters to add, drop, change or swap with the next; undefined where they are more than `most`. Paths may be long and
 * alike, and many: only what is at most so far off the diagonal is looked at, as the rest cannot be part of it.
 */
function distance(left: string, right: string, most: number): number | undefined {
  if (Math.abs(left.length - right.length) > most) return undefined;
  const width = 2 * most + 1;
  // In each row, the index of a column is its offset from the diagonal, and `most`.
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
