import type { Event, Ino, Journal, Seq } from "../../../journal/index.ts";
import type { Save } from "../saves/save.ts";
import { SaveTexts } from "../saves/save-texts.ts";
import { Saves, stopOf } from "../saves/saves.ts";
import type { HistoryMatch } from "./history-match.ts";

type Matches = ReadonlyMap<number, HistoryMatch>;

interface Held {
  readonly save: Save;
  /** The lines that matched before the save, by their start. */
  readonly matches: Matches;
  /** The event that removed them from their place. */
  readonly removed: Event;
  /** Tells whether lines that did not stay are gone; false if their file still exists under another name. */
  readonly gone: boolean;
}

/** A save that has ended. */
export interface Ended extends Held {
  /** Returns the new start of a line that the save left alone. */
  readonly place: (start: number) => number | undefined;
}

/**
 * Holds the matching lines of a file while a save rewrites it, until the end of the save shows which of them stayed.
 */
export class HeldMatches {
  readonly #saves: Saves;
  readonly #texts: SaveTexts;
  readonly #last: Seq;
  readonly #held = new Map<Ino, Held>();

  constructor(journal: Journal, last: Seq) {
    this.#saves = new Saves(journal);
    this.#texts = new SaveTexts(this.#saves);
    this.#last = last;
  }

  /** Holds the lines that an event removes as a part of a save; tells whether that save is still going on. */
  hold(event: Event, open: Map<Ino, Matches>, isGone: (ino: Ino) => boolean): boolean {
    if (event.kind === "write" || event.kind === "set-size") return this.#holdOwn(event, open);
    for (const ino of losing(event)) {
      const matches = open.get(ino);
      const save =
        matches === undefined ? undefined : this.#saves.replacing(ino, event, this.#last);
      if (matches === undefined || save === undefined) continue;
      const gone = isGone(ino);
      this.#held.set(save.ino, { save, matches: new Map(matches), removed: event, gone });
      if (gone) open.delete(ino);
    }
    return false;
  }

  #holdOwn(event: Event & { readonly ino: Ino }, open: ReadonlyMap<Ino, Matches>): boolean {
    if (this.#held.has(event.ino)) return true;
    const matches = open.get(event.ino);
    if (matches === undefined) return false;
    const save = this.#saves.around(event.ino, event.seq, this.#last);
    if (save === undefined || save.taken !== undefined) return false;
    // A line that first matched during the save was not there before it.
    const before = event.seq === save.first ? new Map(matches) : new Map<number, HistoryMatch>();
    this.#held.set(event.ino, { save, matches: before, removed: event, gone: true });
    return true;
  }

  /** Yields the saves whose last event this is. */
  *endedBy({ seq }: Event): Generator<Ended> {
    for (const [ino, held] of this.#held) {
      if (held.save.last > seq) continue;
      this.#held.delete(ino);
      yield { ...held, place: this.#places(held.save) };
    }
  }

  #places(save: Save): Ended["place"] {
    const found = this.#texts.unchangedBy(save, "lines");
    if (typeof found === "string") return () => undefined;
    const { unchanged, before } = found;
    const [was, is] = [stopOf(before, save.start), stopOf(save.after, save.start)];
    return (start) => {
      if (start < save.start) return start;
      if (start >= was) return start - was + is;
      const piece = unchanged.findLast(({ from }) => from <= start);
      return piece === undefined || start >= piece.from + piece.length
        ? undefined
        : start - piece.from + piece.at;
    };
  }
}

function losing(event: Event): readonly Ino[] {
  if (event.kind === "unlink") return [event.ino];
  if (event.kind === "exchange") return [event.ino, event.other];
  if (event.kind !== "rename") return [];
  return event.replaced === undefined ? [event.ino] : [event.replaced.ino, event.ino];
}
