import type { Event, Extent, Ino, Journal, Seq } from "../../../journal/index.ts";
import {
  type Content,
  type Tree,
  cover,
  emptyContent,
  extentsOf,
  inodeOf,
} from "../../fs/index.ts";
import { beginning } from "../snapshots/beginning.ts";
import { inodeEvents } from "../view/inode-events.ts";
import { KnownAuthors } from "./known-authors.ts";
import { type Save, SaveFinder } from "./save.ts";
import { successorOf, takenBy } from "./taken.ts";

/** What is known of the saves of one file. */
export interface FileSaves {
  /** In order; the last one may go on. */
  readonly saves: readonly Save[];
  /** Whether all that the file ever held was written to it, and nothing put back from elsewhere. */
  readonly isOwn: boolean;
  /** Whether there may be more saves, before the first event that was looked at. */
  readonly isCut: boolean;
}

/** Events of one file that are looked at; of a file with more, those among the last so many events of the journal. */
const mostEvents = 300_000;
/** Files of which it is remembered. */
const mostFiles = 256;

interface Known {
  readonly finder: SaveFinder;
  readonly isCut: boolean;
  /** The last event that was looked at, whatever file it was on. */
  at: Seq;
}

/** The saves of each file, found when they are asked for and remembered. */
export class Saves {
  readonly journal: Journal;
  /** What was found out about who wrote what. */
  readonly authors = new KnownAuthors();
  readonly #known = new Map<Ino, Known>();
  #beginning: Tree | undefined;

  constructor(journal: Journal) {
    this.journal = journal;
  }

  /** The saves of a file up to event `seq`, as if nothing had happened since. */
  upTo(ino: Ino, seq: Seq): FileSaves {
    const known = this.#extendTo(ino, seq);
    const { saves, isOwn, isCut } = told(known);
    if (known.at <= seq) return { saves, isOwn, isCut };
    const count = firstIndex(saves, (save) => save.last > seq);
    const next = saves[count];
    const isWithin = next !== undefined && next.first <= seq;
    if (isWithin || (saves[0]?.taken?.taken ?? 0) > seq) return told(this.#readAnew(ino, seq));
    return { saves: saves.slice(0, count), isOwn, isCut };
  }

  /** The save that an event on a file is part of, as far as it got by event `last`. */
  around(ino: Ino, seq: Seq, last: Seq): Save | undefined {
    const { finder, at } = this.#extendTo(ino, last);
    const saves = at <= last ? finder.saves : this.upTo(ino, last).saves;
    const found = saves[firstIndex(saves, (save) => save.last >= seq)] ?? finder.current;
    return found !== undefined && found.first <= seq && seq <= found.last ? found : undefined;
  }

  /**
   * The save that puts another file in the place of one, which lost its path by this event, as far as it got by event
   * `last`.
   */
  replacing(ino: Ino, event: Event, last: Seq): Save | undefined {
    const successor = successorOf(this.journal, ino, event, last);
    if (successor === undefined) return undefined;
    const first = this.upTo(successor, last).saves[0];
    return first?.taken?.ino === ino && first.taken.lost === event.seq ? first : undefined;
  }

  /** What a file holds after an event, where that is known. */
  contentAt(ino: Ino, seq: Seq): Content | undefined {
    const { finder, at } = this.#extendTo(ino, seq);
    return at <= seq ? finder.content : this.#readAnew(ino, seq).finder.content;
  }

  /** What a save replaced, in order, holes included. */
  before({ before, taken }: Save): readonly Extent[] {
    if (taken === undefined) return before;
    const content = this.contentAt(taken.ino, (taken.lost - 1) as Seq);
    return content === undefined ? [] : [...extentsOf(content)];
  }

  /** What is known up to `seq`, or further. */
  #extendTo(ino: Ino, seq: Seq): Known {
    const known = this.#known.get(ino) ?? this.#readAnew(ino, seq);
    this.#known.delete(ino);
    this.#known.set(ino, known);
    if (this.#known.size > mostFiles)
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    if (known.at >= seq) return known;
    for (const event of inodeEvents(this.journal, ino, seq, (known.at + 1) as Seq)) {
      // With a new name the file may have taken another's path.
      if (event.kind === "rename" || event.kind === "link") {
        this.#known.delete(ino);
        return this.#extendTo(ino, seq);
      }
      known.finder.add(event);
    }
    known.at = seq;
    return known;
  }

  #readAnew(ino: Ino, seq: Seq): Known {
    const first = (this.journal.base()?.seq ?? 0) + 1;
    const whole = this.#readFrom(ino, first as Seq, seq, "whole");
    if (whole !== undefined) return whole;
    const since = Math.max(first, seq - mostEvents + 1) as Seq;
    const rest = this.#readFrom(ino, since, seq, "rest");
    return rest ?? { finder: new SaveFinder(ino, undefined, undefined), isCut: true, at: seq };
  }

  /** Undefined where there are too many events. "rest": it is not known what the file held before. */
  #readFrom(ino: Ino, since: Seq, seq: Seq, how: "whole" | "rest"): Known | undefined {
    let finder: SaveFinder | undefined;
    let count = 0;
    for (const event of inodeEvents(this.journal, ino, seq, since)) {
      count += 1;
      if (count > mostEvents) return undefined;
      if (finder === undefined) {
        const isNew = event.kind === "create" && event.ino === ino;
        const content = isNew || how === "rest" ? undefined : this.#atFirst(ino);
        const taken = isNew ? takenBy(this.journal, event, seq) : undefined;
        finder = new SaveFinder(ino, content, taken);
      }
      finder.add(event);
    }
    finder ??= new SaveFinder(ino, this.#atFirst(ino), undefined);
    return { finder, isCut: how === "rest", at: seq };
  }

  /** What a file held before the first event that is left, to be changed. */
  #atFirst(ino: Ino): ReturnType<typeof emptyContent> | undefined {
    if (this.journal.base() === undefined) return undefined;
    this.#beginning ??= beginning(this.journal);
    const inode = inodeOf(this.#beginning, ino);
    if (inode?.type !== "file") return undefined;
    const content = emptyContent();
    for (const { offset, length, tape } of extentsOf(inode.content))
      if (tape !== "hole") cover(content, offset, length, tape);
    content.size = inode.content.size;
    return content;
  }
}

/** Where extents end; `start` where there are none. */
export function stopOf(extents: readonly Extent[], start: number): number {
  const last = extents.at(-1);
  return last === undefined ? start : last.offset + last.length;
}

function told({ finder, isCut }: Known): FileSaves {
  const { saves, current, isOwn } = finder;
  return { saves: current === undefined ? saves : [...saves, current], isOwn, isCut };
}

/** The index of the first save for which this holds, as it then does for all that follow; the count where there is none. */
export function firstIndex(saves: readonly Save[], holds: (save: Save) => boolean): number {
  let low = 0;
  let high = saves.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const save = saves[middle];
    if (save !== undefined && !holds(save)) low = middle + 1;
    else high = middle;
  }
  return low;
}
