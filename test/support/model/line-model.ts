/**
 * Models who wrote each line: the longest common subsequence of the lines before and after each save, by the textbook's
 * table. If there are several of that length, the lines are of "anybody".
 */
export class LineModel {
  #lines: readonly string[] = [];
  #authors: readonly (number | "anybody")[] = [];

  get authors(): readonly (number | "anybody")[] {
    return this.#authors;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  save(lines: readonly string[], author: number): void {
    const { pairs, count } = longestCommon(this.#lines, lines);
    const partners = new Map(pairs.map(([left, right]) => [right, left]));
    this.#authors = lines.map((_, index) => {
      if (count !== 1) return "anybody";
      const partner = partners.get(index);
      return partner === undefined ? author : (this.#authors[partner] ?? author);
    });
    this.#lines = lines;
  }
}

/** Returns the pairs of one longest common subsequence, and how many there are. */
function longestCommon(
  left: readonly string[],
  right: readonly string[],
): { readonly pairs: readonly (readonly [number, number])[]; readonly count: number } {
  const lengths = table(left.length, right.length, 0);
  const counts = table(left.length, right.length, 1);
  const at = (cells: number[][], row: number, column: number) => cells[row]?.[column] ?? 0;
  for (let row = 1; row <= left.length; row += 1) {
    for (let column = 1; column <= right.length; column += 1) {
      const isPair = left[row - 1] === right[column - 1];
      const [above, beside] = [at(lengths, row - 1, column), at(lengths, row, column - 1)];
      const diagonal = at(lengths, row - 1, column - 1);
      const length = Math.max(above, beside, isPair ? diagonal + 1 : 0);
      let count = isPair && diagonal + 1 === length ? at(counts, row - 1, column - 1) : 0;
      if (above === length) count += at(counts, row - 1, column);
      if (beside === length) count += at(counts, row, column - 1);
      if (diagonal === length) count -= at(counts, row - 1, column - 1);
      set(lengths, row, column, length);
      set(counts, row, column, count);
    }
  }
  const pairs: (readonly [number, number])[] = [];
  let [row, column] = [left.length, right.length];
  while (row > 0 && column > 0) {
    if (at(lengths, row, column) === at(lengths, row - 1, column)) row -= 1;
    else if (at(lengths, row, column) === at(lengths, row, column - 1)) column -= 1;
    else pairs.push([(row -= 1), (column -= 1)]);
  }
  return { pairs, count: at(counts, left.length, right.length) };
}

function table(rows: number, columns: number, value: number): number[][] {
  return Array.from({ length: rows + 1 }, () => Array.from({ length: columns + 1 }, () => value));
}

function set(cells: number[][], row: number, column: number, value: number): void {
  const cellsOfRow = cells[row];
  if (cellsOfRow !== undefined) cellsOfRow[column] = value;
}
