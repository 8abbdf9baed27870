import type { Journal, Seq } from "../../journal/index.ts";
import type { Inode } from "../fs/index.ts";
import {
  type Hunk,
  Saves,
  blameContent,
  encodingOf,
  lineEnds,
  readRange,
  tapeOf,
} from "../history/index.ts";

/** Bounds the events on the paths whose lines are followed to their authors; a path counts as some of them at least. */
const mostEvents = 25_000;
const leastEvents = 100;

/** A path's entry just after an event. */
export interface PathAt {
  readonly inode: Inode | undefined;
  readonly seq: Seq;
}

/** Finds the events that wrote the lines of hunks, for as many files as a page has time for. */
export class LineAuthors {
  readonly #journal: Journal;
  #left = mostEvents;
  #missed = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Counts the files whose authors would have taken too long. */
  get missed(): number {
    return this.#missed;
  }

  /**
   * Returns for each hunk who wrote its lines: a number of lines and an event, in turns. Removed lines have the author
   * that they had before. Returns nothing where that would take too long.
   */
  of(
    path: string,
    before: PathAt,
    after: PathAt,
    hunks: readonly Hunk[],
  ): readonly (readonly number[])[] {
    if (!this.#takes(path, after.seq)) {
      this.#missed += 1;
      return [];
    }
    const saves = new Saves(this.#journal);
    const [old, now] = [authorsIn(saves, before), authorsIn(saves, after)];
    return hunks.map(({ beforeStart, afterStart, lines }) => {
      let [oldLine, line] = [beforeStart - 1, afterStart - 1];
      return inTurns(
        lines.map(({ sign }) => {
          const author = sign === "-" ? old[oldLine] : now[line];
          if (sign !== "+") oldLine += 1;
          if (sign !== "-") line += 1;
          return author ?? 0;
        }),
      );
    });
  }

  /** Takes what a path costs from what is left; false if that is not enough. */
  #takes(path: string, last: Seq): boolean {
    if (this.#left < leastEvents) return false;
    const events = this.#journal.query({ paths: [path], last })[Symbol.iterator]();
    let cost = 0;
    while (cost <= this.#left && events.next().done !== true) cost += 1;
    events.return?.();
    cost = Math.max(cost, leastEvents);
    if (cost > this.#left) return false;
    this.#left -= cost;
    return true;
  }
}

/** Returns the last event that wrote into each line. */
function authorsIn(saves: Saves, { inode: file, seq }: PathAt): number[] {
  if (file?.type !== "file") return [];
  const bytes = readRange(file, tapeOf(saves.journal));
  const encoding = encodingOf(bytes);
  if (encoding === undefined) return [];
  const { spans } = blameContent(saves, file, seq);
  let at = 0;
  let start = 0;
  return lineEnds(bytes, encoding).map((end) => {
    let author = 0;
    while ((spans[at]?.end ?? end) <= start) at += 1;
    for (let one = at; (spans[one]?.start ?? end) < end; one += 1)
      author = Math.max(author, spans[one]?.seq ?? 0);
    start = end;
    return author;
  });
}

function inTurns(authors: readonly number[]): number[] {
  const turns: number[] = [];
  for (const author of authors) {
    if (turns.at(-1) === author) turns[turns.length - 2] = (turns.at(-2) ?? 0) + 1;
    else turns.push(1, author);
  }
  return turns;
}
