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
  const tree = beginning(journal);
  const readTape = tapeOf(journal);
  const arePromises = (journal.promisedEnd?.() ?? promisedFrom) > promisedFrom;
  /** Files that can be read as a whole. A look at all pieces of one, at each write, would make the search quadratic. */
  const readable = new Set<Ino>();
  const matches = linesMatcher(pattern);
  /** By file, then by the line's start. */
  const open = new Map<Ino, OpenMatches>();
  const held = edits === "saves" ? new HeldMatches(journal, last) : undefined;
  if (baseSeq(journal) > 0) {
    for (const [ino] of entriesOf<unknown>(tree.inodes)) searchWhole(ino as Ino);
  }
  for (const event of eventsTo(journal, last)) {
    if (event.seq % progressEvents === 0) onProgress(event.seq);
    const changed = rangeOf(tree, event);
    apply(tree, event, readTape);
    // It alone names promised bytes in a file that is there already.
    if (event.kind === "revert") readable.delete(event.ino);
    if (event.kind === "listing") yield* searchListed(event);
    const isHeld = held?.hold(event, open, isGone) === true;
    if (changed !== undefined && !isHeld)
      yield* research(changed.ino, changed.start, changed.end, event);
    for (const { ino, from, to } of movesOf(event))
      if (isAtOrBelow(to, path) && !isAtOrBelow(from, path))
        yield* research(ino, 0, sizeIn(tree, ino), event);
    for (const ended of held?.endedBy(event) ?? []) yield* carryOver(ended);
    for (const ino of lostBy(event)) {
      if (!isGone(ino)) continue;
      for (const match of open.get(ino)?.values() ?? []) yield { ...match, removed: event };
      open.delete(ino);
    }
  }
  for (const found of open.values()) yield* found.values();

  function isThere({ ino, content }: File): boolean {
    if (!arePromises || readable.has(ino)) return true;
    if (!isReadable(content, readTape)) return false;
    readable.add(ino);
    return true;
  }

  /** Searches a file that existed in the base. */
  function searchWhole(ino: Ino): void {
    const file = inodeOf(tree, ino);
    const where = pathOf(tree, ino);
    if (file?.type !== "file" || !isAtOrBelow(where, path)) return;
    if (!isThere(file)) return onUnread(where);
    const found = matchesIn(file, 0, file.content.size, where);
    if (found.size > 0) open.set(ino, found);
  }

  /** Searches the files that came with a listing. */
  function* searchListed(event: ListingEvent): Generator<HistoryMatch> {
    for (let ino: number = event.first; ino < event.first + event.entries; ino += 1)
      yield* research(ino as Ino, 0, sizeIn(tree, ino as Ino), event);
  }

  /** Checks the lines of a file when a save has ended: matches that the save left alone continue. */
  function* carryOver({
    save,
    place,
    matches: before,
    removed,
    gone,
  }: Ended): Generator<HistoryMatch> {
    const file = inodeOf(tree, save.ino);
    if (file?.type !== "file") return;
    const where = pathOf(tree, save.ino);
    if (!isThere(file)) return onUnread(where);
    const own = open.get(save.ino) ?? new OpenMatches();
    const first = lineStart(file.content, save.start, readTape);
    const stop = stopOf(save.after, save.start) + 1;
    const now = isAtOrBelow(where, path) ? matchesIn(file, first, stop, where) : new OpenMatches();
    for (const [at, match] of now) {
      const known = save.taken === undefined ? undefined : own.get(at);
      now.set(at, known?.text === match.text ? known : added(file, match));
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
    if (now.size > 0) open.set(save.ino, now);
    else open.delete(save.ino);
  }

  /** Returns the match with the event that wrote the line's end. */
  function added({ content }: File, match: HistoryMatch): HistoryMatch {
    const [end] = extentsOf(content, match.start + Math.max(0, match.text.length - 1));
    if (end === undefined || end.tape === "hole") return match;
    const event = journal.writer(end.tape);
    return event === undefined ? match : { ...match, added: event };
  }

  function isGone(ino: Ino): boolean {
    return (inodeOf(tree, ino)?.names.length ?? 0) === 0;
  }

  /** Checks the lines that an event touched. */
  function* research(ino: Ino, start: number, end: number, event: Event): Generator<HistoryMatch> {
    const file = inodeOf(tree, ino);
    if (file?.type !== "file") return;
    const where = pathOf(tree, ino);
    const found = open.get(ino) ?? new OpenMatches();
    if (!isAtOrBelow(where, path) && found.size === 0) return;
    if (!isThere(file)) {
      onUnread(where);
      // Bytes that are not there cannot match, nor go.
      return;
    }
    const first = lineStart(file.content, start, readTape);
    // If the last byte is or was a newline, the line behind it begins, or no longer begins, there.
    const stop = end + 1;
    const now = isAtOrBelow(where, path)
      ? matchesIn(file, first, stop, where, event)
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
    if (found.size > 0) open.set(ino, found);
    else open.delete(ino);
  }

  function matchesIn(
    { ino, content }: File,
    start: number,
    end: number,
    where: string,
    event?: Event,
  ): OpenMatches {
    const result = new OpenMatches();
    const added = event === undefined ? {} : { added: event };
    for (const lines of inBatches(linesOf(content, start, end, readTape)))
      for (const { index, text } of matches(lines, where)) {
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
