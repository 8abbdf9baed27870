import {
  type Event,
  type Extent,
  type Ino,
  type Journal,
  type Seq,
  movesOf,
} from "../../../journal/index.ts";
import {
  type Content,
  type Tree,
  cover,
  emptyContent,
  extentsOf,
  inodeOf,
} from "../../fs/index.ts";
import { beginning } from "../snapshots/beginning.ts";
import { ListedFiles } from "../snapshots/listed-files.ts";
import { inodeEvents } from "../view/inode-events.ts";
import { KnownAuthors } from "./known-authors.ts";
import { type Save, SaveFinder } from "./save.ts";
import { successorOf, takenBy } from "./taken.ts";

/** The known saves of one file. */
export interface FileSaves {
  /** In order; the last one may be unfinished. */
  readonly saves: readonly Save[];
  /** Tells whether everything that the file ever held was written to it, without any revert. */
  readonly isOwn: boolean;
  /** Tells whether there may be more saves before the first event that was read. */
  readonly isCut: boolean;
}

/** The most events of one file to read; of a file with more, those among the last so many events of the journal. */
const mostEvents = 300_000;
/** The most files to remember. */
const mostFiles = 256;

interface Known {
  readonly finder: SaveFinder;
  readonly isCut: boolean;
  /** The last event that was read, on any file. */
  at: Seq;
}

/** Finds the saves of each file when they are needed, and remembers them. */
export class Saves {
  readonly journal: Journal;
  /** The authors that were found so far. */
  readonly authors = new KnownAuthors();
  readonly #known = new Map<Ino, Known>();
  #beginning: Tree | undefined;
  readonly #listed: ListedFiles;

  constructor(journal: Journal) {
    this.journal = journal;
    this.#listed = new ListedFiles(journal);
  }

  /** Returns the saves of a file up to event `seq`, as if nothing had happened since. */
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

  /** Returns the save that an event on a file is part of, up to event `last`. */
  around(ino: Ino, seq: Seq, last: Seq): Save | undefined {
    const { finder, at } = this.#extendTo(ino, last);
    const saves = at <= last ? finder.saves : this.upTo(ino, last).saves;
    const found = saves[firstIndex(saves, (save) => save.last >= seq)] ?? finder.current;
    return found !== undefined && found.first <= seq && seq <= found.last ? found : undefined;
  }

  /** Returns the save that replaces a file, which lost its path by this event, up to event `last`. */
  replacing(ino: Ino, event: Event, last: Seq): Save | undefined {
    const successor = successorOf(this.journal, ino, event, last);
    if (successor === undefined) return undefined;
    const first = this.upTo(successor, last).saves[0];
    return first?.taken?.ino === ino && first.taken.lost === event.seq ? first : undefined;
  }

  /** Returns a file's content after an event, if it is known. */
  contentAt(ino: Ino, seq: Seq): Content | undefined {
    const { finder, at } = this.#extendTo(ino, seq);
    return at <= seq ? finder.content : this.#readAnew(ino, seq).finder.content;
  }

  /** Returns the extents that a save replaced, in order, with holes. */
  before({ before, taken }: Save): readonly Extent[] {
    if (taken === undefined) return before;
    const content = this.contentAt(taken.ino, (taken.lost - 1) as Seq);
    return content === undefined ? [] : [...extentsOf(content)];
  }

  /** Returns what is known up to `seq`, or further. */
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
      // With a new name the file may have replaced another one.
      if (event.kind === "link" || movesOf(event).length > 0) {
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

  /** Returns undefined if there are too many events. "rest" reads on from an unknown content. */
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

  /** Returns a file's content in the base, or as it was listed, to be changed. */
  #atFirst(ino: Ino): ReturnType<typeof emptyContent> | undefined {
    const listed = this.#listed.at(ino);
    const base = this.journal.base();
    if (listed !== undefined && listed.seq > (base?.seq ?? 0)) return listed.content();
    if (base === undefined) return undefined;
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

/** Returns the end of extents; `start` if there are none. */
export function stopOf(extents: readonly Extent[], start: number): number {
  const last = extents.at(-1);
  return last === undefined ? start : last.offset + last.length;
}

function told({ finder, isCut }: Known): FileSaves {
  const { saves, current, isOwn } = finder;
  return { saves: current === undefined ? saves : [...saves, current], isOwn, isCut };
}

/**
 * Returns the index of the first save for which this holds, given that it holds for all later ones; the number of saves
 * if it holds for none.
 */
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
