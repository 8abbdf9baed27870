import type { Event, Ino, Journal, Seq } from "../../../journal/index.ts";
import { type File, type MutableTree, apply, entriesOf, inodeOf, pathOf } from "../../fs/index.ts";
import { beginning, foldedSeq } from "../snapshots/beginning.ts";
import { isAtOrBelow } from "../view/diff.ts";
import { type Pattern, lineStart, linesOf, matcher, toText } from "./grep.ts";
import { tapeOf } from "../view/read-tape.ts";
import { eventsTo } from "../snapshots/events.ts";

/** A line that matched for some time. */
export interface HistoryMatch {
  /** Where the file was when the line came. */
  readonly path: string;
  readonly ino: Ino;
  /** Byte offset of the line. */
  readonly start: number;
  readonly text: string;
  /** The event that brought it; absent where that is folded. */
  readonly added?: Event;
  /** The event that changed or removed it, or the file with it; absent when it is still there. */
  readonly removed?: Event;
}

/**
 * Every line that ever matched in a file at or below `path`, up to event `last`: those that went in the order in which
 * they went, then those that are still there. One pass over the events; after each only the lines that it changed are
 * read. Works as `grep` does otherwise; a line that an event wrote again unchanged is one match.
 */
export function* grepHistory(
  journal: Journal,
  path: string,
  pattern: Pattern,
  last: Seq = journal.head(),
  onProgress: (searched: Seq) => void = () => {},
): Generator<HistoryMatch> {
  const tree = beginning(journal);
  const readTape = tapeOf(journal);
  const matches = matcher(pattern);
  /** By file, by the line's start. */
  const open = new Map<Ino, Map<number, HistoryMatch>>();
  if (foldedSeq(journal) > 0) {
    for (const [ino] of entriesOf<unknown>(tree.inodes)) searchWhole(ino as Ino);
  }
  for (const event of eventsTo(journal, last)) {
    if (event.seq % progressEvents === 0) onProgress(event.seq);
    const changed = rangeOf(tree, event);
    apply(tree, event);
    if (changed !== undefined) yield* research(changed.ino, changed.start, changed.end, event);
    for (const ino of lostBy(event)) {
      if (inodeOf(tree, ino)?.names.length) continue;
      for (const match of open.get(ino)?.values() ?? []) yield { ...match, removed: event };
      open.delete(ino);
    }
  }
  for (const found of open.values()) yield* found.values();

  /** Looks at a file that was there before the first event that is left. */
  function searchWhole(ino: Ino): void {
    const file = inodeOf(tree, ino);
    const where = pathOf(tree, ino);
    if (file?.type !== "file" || !isAtOrBelow(where, path)) return;
    const found = matchesIn(file, 0, file.content.size, where);
    if (found.size > 0) open.set(ino, found);
  }

  /** Looks again at the lines that an event touched. */
  function* research(ino: Ino, start: number, end: number, event: Event): Generator<HistoryMatch> {
    const file = inodeOf(tree, ino);
    if (file?.type !== "file") return;
    const where = pathOf(tree, ino);
    const found = open.get(ino) ?? new Map<number, HistoryMatch>();
    if (!isAtOrBelow(where, path) && found.size === 0) return;
    const first = lineStart(file.content, start, readTape);
    // Where the last byte is a newline now, or was one, a line begins behind it that did not, or no more.
    const stop = end + 1;
    const now = isAtOrBelow(where, path)
      ? matchesIn(file, first, stop, where, event)
      : new Map<number, HistoryMatch>();
    for (const [at, match] of found) {
      if (at < first || (at >= stop && at < file.content.size)) continue;
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
  ): Map<number, HistoryMatch> {
    const result = new Map<number, HistoryMatch>();
    for (const line of linesOf(content, start, end, readTape)) {
      const text = toText(line.bytes);
      if (matches(text))
        result.set(line.start, {
          path: where,
          ino,
          start: line.start,
          text,
          ...(event === undefined ? {} : { added: event }),
        });
    }
    return result;
  }
}

/** Events between two reports of progress. */
const progressEvents = 1_000;

/** The bytes of which file an event changes; told before it is applied. */
function rangeOf(
  tree: MutableTree,
  event: Event,
): { ino: Ino; start: number; end: number } | undefined {
  if (event.kind !== "write" && event.kind !== "set-size" && event.kind !== "revert")
    return undefined;
  const inode = inodeOf(tree, event.ino);
  const size = inode?.type === "file" ? inode.content.size : 0;
  const { ino } = event;
  if (event.kind === "revert") return { ino, start: 0, end: Math.max(size, event.size) };
  if (event.kind === "set-size") {
    return { ino, start: Math.min(size, event.size), end: Math.max(size, event.size) };
  }
  return { ino, start: Math.min(size, event.offset), end: event.offset + event.length };
}

/** The inodes that may be without a name after an event. */
function lostBy(event: Event): readonly Ino[] {
  if (event.kind === "unlink") return [event.ino];
  return event.kind === "rename" && event.replaced !== undefined ? [event.replaced.ino] : [];
}
