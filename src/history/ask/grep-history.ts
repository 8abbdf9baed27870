import {
  type Event,
  type Ino,
  type Journal,
  type ListingEvent,
  type Seq,
  movesOf,
  promisedFrom,
} from "../../../journal/index.ts";
import {
  type File,
  type MutableTree,
  apply,
  extentsOf,
  entriesOf,
  inodeOf,
  pathOf,
} from "../../fs/index.ts";
import { beginning, baseSeq } from "../snapshots/beginning.ts";
import { isAtOrBelow } from "../diff/diff.ts";
import { isReadable } from "../diff/unread.ts";
import { type Ended, HeldMatches } from "./held-matches.ts";
import type { HistoryMatch } from "./history-match.ts";
import { OpenMatches } from "./open-matches.ts";
import { type Pattern, inBatches, lineStart, linesMatcher, linesOf } from "./grep.ts";
import { stopOf } from "../saves/saves.ts";
import { tapeOf } from "../snapshots/read-tape.ts";
import { eventsTo } from "../snapshots/events.ts";

/**
 * Yields every line that ever matched in a file at or below `path`, up to event `last`: first those that are gone, in
 * the order in which they went, then those that are still there. Walks the events once, and reads only the lines that
 * each one changed. Otherwise works like `grep`. A line that an event wrote again unchanged stays one match; by
 * "saves", so does a line that a save left alone, wherever it is afterwards. Calls `onUnread` for files whose bytes were
 * promised, and cannot be had.
 */
export function* grepHistory(
  journal: Journal,
  path: string,
  pattern: Pattern,
  last: Seq = journal.head(),
  onProgress: (searched: Seq) => void = () => {},
  edits: "events" | "saves" = "events",
  onUnread: (path: string) => void = () => {},
): Generator<HistoryMatch> {
  const search = new HistorySearch(
    journal,
    path,
    pattern,
    onUnread,
    edits === "saves" ? last : undefined,
  );
  search.searchBase();
  for (const event of eventsTo(journal, last)) {
    if (event.seq % progressEvents === 0) onProgress(event.seq);
    yield* search.take(event);
  }
  yield* search.remaining();
}

/** The matches that are there at a moment, from one event to the next. */
class HistorySearch {
  readonly #journal: Journal;
  readonly #path: string;
  readonly #tree: MutableTree;
  readonly #readTape: ReturnType<typeof tapeOf>;
  readonly #matches: ReturnType<typeof linesMatcher>;
  readonly #onUnread: (path: string) => void;
  readonly #arePromises: boolean;
  /** Files that can be read as a whole. A look at all pieces of one, at each write, would make the search quadratic. */
  readonly #readable = new Set<Ino>();
  /** By file, then by the line's start. */
  readonly #open = new Map<Ino, OpenMatches>();
  readonly #held: HeldMatches | undefined;

  /** Matches that saves left alone continue if the last event is given. */
  constructor(
    journal: Journal,
    path: string,
    pattern: Pattern,
    onUnread: (path: string) => void,
    lastSaved: Seq | undefined,
  ) {
    this.#journal = journal;
    this.#path = path;
    this.#tree = beginning(journal);
    this.#readTape = tapeOf(journal);
    this.#matches = linesMatcher(pattern);
    this.#onUnread = onUnread;
    this.#arePromises = (journal.promisedEnd?.() ?? promisedFrom) > promisedFrom;
    this.#held = lastSaved === undefined ? undefined : new HeldMatches(journal, lastSaved);
  }

  /** Searches the files that existed in the base. */
  searchBase(): void {
    if (baseSeq(this.#journal) === 0) return;
    for (const [ino] of entriesOf<unknown>(this.#tree.inodes)) this.#searchWhole(ino as Ino);
  }

  /** Goes on to the next event; yields the matches that it removed. */
  *take(event: Event): Generator<HistoryMatch> {
    const changed = rangeOf(this.#tree, event);
    apply(this.#tree, event, this.#readTape);
    // It alone names promised bytes in a file that is there already.
    if (event.kind === "revert") this.#readable.delete(event.ino);
    if (event.kind === "listing") yield* this.#searchListed(event);
    const isHeld = this.#held?.hold(event, this.#open, (ino) => this.#isGone(ino)) === true;
    if (changed !== undefined && !isHeld)
      yield* this.#research(changed.ino, changed.start, changed.end, event);
    for (const { ino, from, to } of movesOf(event))
      if (isAtOrBelow(to, this.#path) && !isAtOrBelow(from, this.#path))
        yield* this.#research(ino, 0, sizeIn(this.#tree, ino), event);
    for (const ended of this.#held?.endedBy(event) ?? []) yield* this.#carryOver(ended);
    for (const ino of lostBy(event)) {
      if (!this.#isGone(ino)) continue;
      for (const match of this.#open.get(ino)?.values() ?? []) yield { ...match, removed: event };
      this.#open.delete(ino);
    }
  }

  /** Yields the matches that are still there. */
  *remaining(): Generator<HistoryMatch> {
    for (const found of this.#open.values()) yield* found.values();
  }

  #isThere({ ino, content }: File): boolean {
    if (!this.#arePromises || this.#readable.has(ino)) return true;
    if (!isReadable(content, this.#readTape)) return false;
    this.#readable.add(ino);
    return true;
  }

  #searchWhole(ino: Ino): void {
    const file = inodeOf(this.#tree, ino);
    const where = pathOf(this.#tree, ino);
    if (file?.type !== "file" || !isAtOrBelow(where, this.#path)) return;
    if (!this.#isThere(file)) return this.#onUnread(where);
    const found = this.#matchesIn(file, 0, file.content.size, where);
    if (found.size > 0) this.#open.set(ino, found);
  }

  /** Searches the files that came with a listing. */
  *#searchListed(event: ListingEvent): Generator<HistoryMatch> {
    for (let ino: number = event.first; ino < event.first + event.entries; ino += 1)
      yield* this.#research(ino as Ino, 0, sizeIn(this.#tree, ino as Ino), event);
  }

  /** Checks the lines of a file when a save has ended: matches that the save left alone continue. */
  *#carryOver({ save, place, matches: before, removed, gone }: Ended): Generator<HistoryMatch> {
    const file = inodeOf(this.#tree, save.ino);
    if (file?.type !== "file") return;
    const where = pathOf(this.#tree, save.ino);
    if (!this.#isThere(file)) return this.#onUnread(where);
    const own = this.#open.get(save.ino) ?? new OpenMatches();
    const first = lineStart(file.content, save.start, this.#readTape);
    const stop = stopOf(save.after, save.start) + 1;
    const now = isAtOrBelow(where, this.#path)
      ? this.#matchesIn(file, first, stop, where)
      : new OpenMatches();
    for (const [at, match] of now) {
      const known = save.taken === undefined ? undefined : own.get(at);
      now.set(at, known?.text === match.text ? known : this.#added(file, match));
    }
    for (const [at, match] of before) {
      if (at < first || (at >= stop && at < file.content.size)) continue;
      const to = place(at);
      const same = now.get(to ?? -1);
      if (to !== undefined && same?.text === match.text) now.set(to, { ...match, ino: save.ino });
      else if (gone) yield { ...match, removed };
    }
    for (const [at, match] of own)
      if (at < first || (at >= stop && at < file.content.size)) now.set(at, match);
    if (now.size > 0) this.#open.set(save.ino, now);
    else this.#open.delete(save.ino);
  }

  /** Returns the match with the event that wrote the line's end. */
  #added({ content }: File, match: HistoryMatch): HistoryMatch {
    const [end] = extentsOf(content, match.start + Math.max(0, match.text.length - 1));
    if (end === undefined || end.tape === "hole") return match;
    const event = this.#journal.writer(end.tape);
    return event === undefined ? match : { ...match, added: event };
  }

  #isGone(ino: Ino): boolean {
    return (inodeOf(this.#tree, ino)?.names.length ?? 0) === 0;
  }

  /** Checks the lines that an event touched. */
  *#research(ino: Ino, start: number, end: number, event: Event): Generator<HistoryMatch> {
    const file = inodeOf(this.#tree, ino);
    if (file?.type !== "file") return;
    const where = pathOf(this.#tree, ino);
    const found = this.#open.get(ino) ?? new OpenMatches();
    if (!isAtOrBelow(where, this.#path) && found.size === 0) return;
    if (!this.#isThere(file)) {
      this.#onUnread(where);
      // Bytes that are not there cannot match, nor go.
      return;
    }
    const first = lineStart(file.content, start, this.#readTape);
    // If the last byte is or was a newline, the line behind it begins, or no longer begins, there.
    const stop = end + 1;
    const now = isAtOrBelow(where, this.#path)
      ? this.#matchesIn(file, first, stop, where, event)
      : new OpenMatches();
    const { size } = file.content;
    const cut = found.between(Math.max(stop, size), Infinity);
    for (const [at, match] of [...found.between(first, stop), ...cut]) {
      const same = now.get(at);
      if (same?.text === match.text) now.delete(at);
      else {
        found.delete(at);
        yield { ...match, removed: event };
      }
    }
    for (const [at, match] of now) if (!found.has(at)) found.set(at, match);
    if (found.size > 0) this.#open.set(ino, found);
    else this.#open.delete(ino);
  }

  #matchesIn(
    { ino, content }: File,
    start: number,
    end: number,
    where: string,
    event?: Event,
  ): OpenMatches {
    const result = new OpenMatches();
    const added = event === undefined ? {} : { added: event };
    for (const lines of inBatches(linesOf(content, start, end, this.#readTape)))
      for (const { index, text } of this.#matches(lines, where)) {
        const at = lines[index]?.start ?? 0;
        result.set(at, { path: where, ino, start: at, text, ...added });
      }
    return result;
  }
}

/** The number of events between two reports of progress. */
const progressEvents = 1_000;

function sizeIn(tree: MutableTree, ino: Ino): number {
  const inode = inodeOf(tree, ino);
  return inode?.type === "file" ? inode.content.size : 0;
}

/** Returns the bytes of a file that an event changes; must be called before it is applied. */
function rangeOf(
  tree: MutableTree,
  event: Event,
): { ino: Ino; start: number; end: number } | undefined {
  if (event.kind !== "write" && event.kind !== "set-size" && event.kind !== "revert")
    return undefined;
  const size = sizeIn(tree, event.ino);
  const { ino } = event;
  if (event.kind === "revert") return { ino, start: 0, end: Math.max(size, event.size) };
  if (event.kind === "set-size") {
    return { ino, start: Math.min(size, event.size), end: Math.max(size, event.size) };
  }
  return { ino, start: Math.min(size, event.offset), end: event.offset + event.length };
}

/** Returns the inodes that may have lost their last name by an event. */
function lostBy(event: Event): readonly Ino[] {
  if (event.kind === "unlink") return [event.ino];
  return event.kind === "rename" && event.replaced !== undefined ? [event.replaced.ino] : [];
}
