/** Bounds the words of a line; longer ones are compared as a whole. */
const mostWords = 200;

/** Splits a pair of changed lines into pieces, of which those that are not in the other are changed. */
export function changedWords(
  before: string,
  after: string,
): { readonly before: readonly Piece[]; readonly after: readonly Piece[] } | undefined {
  const [left, right] = [wordsOf(before), wordsOf(after)];
  if (left.length > mostWords || right.length > mostWords) return undefined;
  const common = commonOf(left, right);
  // Lines that have next to nothing in common are two lines.
  const kept = [...common.left].reduce((sum, at) => sum + (left[at]?.length ?? 0), 0);
  if (kept * 3 < Math.max(before.length, after.length)) return undefined;
  return { before: pieces(left, common.left), after: pieces(right, common.right) };
}

/** Holds a part of a line. */
export interface Piece {
  readonly text: string;
  readonly isChanged: boolean;
}

function wordsOf(line: string): string[] {
  return line.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

/** Finds the places of a longest common subsequence. */
function commonOf(left: readonly string[], right: readonly string[]) {
  const width = right.length + 1;
  const lengths = new Uint16Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const at = i * width + j;
      lengths[at] =
        left[i] === right[j]
          ? (lengths[at + width + 1] ?? 0) + 1
          : Math.max(lengths[at + width] ?? 0, lengths[at + 1] ?? 0);
    }
  }
  const found = { left: new Set<number>(), right: new Set<number>() };
  for (let i = 0, j = 0; i < left.length && j < right.length;) {
    if (left[i] === right[j]) {
      found.left.add(i);
      found.right.add(j);
      i += 1;
      j += 1;
    } else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) i += 1;
    else j += 1;
  }
  return found;
}

function pieces(words: readonly string[], kept: ReadonlySet<number>): Piece[] {
  const found: { text: string; isChanged: boolean }[] = [];
  for (const [index, text] of words.entries()) {
    const isChanged = !kept.has(index);
    const last = found.at(-1);
    if (last?.isChanged === isChanged) last.text += text;
    else found.push({ text, isChanged });
  }
  return found;
}
