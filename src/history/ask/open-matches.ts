import type { HistoryMatch } from "./history-match.ts";

/**
 * The matches of one file that are not gone, by their lines' starts. Those in a range are found without a look at the
 * others: a file can have a match in each of a million lines, and a million writes.
 */
export class OpenMatches extends Map<number, HistoryMatch> {
  /** The starts of lines, by the part of the file in which they are. */
  readonly #parts = new Map<number, Set<number>>();
  /** No line starts behind this one. */
  #last = -1;

  override set(start: number, match: HistoryMatch): this {
    const part = partOf(start);
    const starts = this.#parts.get(part);
    if (starts === undefined) this.#parts.set(part, new Set([start]));
    else starts.add(start);
    this.#last = Math.max(this.#last, start);
    return super.set(start, match);
  }

  override delete(start: number): boolean {
    const starts = this.#parts.get(partOf(start));
    if (starts?.delete(start) === true && starts.size === 0) this.#parts.delete(partOf(start));
    return super.delete(start);
  }

  override clear(): void {
    this.#parts.clear();
    this.#last = -1;
    super.clear();
  }

  /** Returns the matches of lines that start from `first` on and before `stop`, ascending. */
  between(first: number, stop: number): readonly [number, HistoryMatch][] {
    const [from, to] = [partOf(first), partOf(Math.min(stop - 1, this.#last))];
    const found: [number, HistoryMatch][] = [];
    const take = (starts: Iterable<number>): void => {
      for (const start of starts) {
        const match = start >= first && start < stop ? this.get(start) : undefined;
        if (match !== undefined) found.push([start, match]);
      }
    };
    if (to - from < this.#parts.size)
      for (let part = from; part <= to; part += 1) take(this.#parts.get(part) ?? []);
    else for (const starts of this.#parts.values()) take(starts);
    return found.toSorted(([one], [other]) => one - other);
  }
}

/** The bytes of a part: a write of some kilobytes concerns one or two of them. */
const partBytes = 64 * 1024;

function partOf(start: number): number {
  return Math.floor(start / partBytes);
}
