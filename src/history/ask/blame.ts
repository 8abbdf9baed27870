import {
  type Event,
  type Ino,
  type Journal,
  type RunNumber,
  type Seq,
  type TapePosition,
  promisedFrom,
} from "../../../journal/index.ts";
import { type File, extentsOf, inodeOf, readContent } from "../../fs/index.ts";
import { type AuthorOptions, authorsOf } from "../saves/authors.ts";
import type { Authored } from "../saves/known-authors.ts";
import type { Saves } from "../saves/saves.ts";
import { beginning } from "../snapshots/beginning.ts";
import { ListedFiles } from "../snapshots/listed-files.ts";
import { inodeEvents } from "../view/inode-events.ts";
import type { ReadTape } from "../snapshots/read-tape.ts";

/** Bytes from `start` to `end` that one event wrote. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /**
   * "hole": no byte was written; the event made the file long enough. "folded": the event was folded, and `seq` is the
   * last folded event.
   */
  readonly source: "write" | "hole" | "folded";
  readonly seq: Seq;
  readonly run: RunNumber;
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
  /** The first and last event of the save that the event is part of. */
  readonly save?: readonly [Seq, Seq];
}

/** A span with the lines, from 1 on, of its first and its last byte. */
export interface LineSpan extends Span {
  readonly firstLine: number;
  readonly lastLine: number;
}

/** Spans in order without gaps; neighbours of the same event are joined. */
export interface Blame {
  readonly spans: readonly Span[];
  /** Tells whether there were too many saves to compare: bytes older than that appear as new in a later save. */
  readonly isCut: boolean;
}

/**
 * Finds who first wrote each byte of a file as it is after event `seq`. A save that rewrites a file, or replaces it by
 * another, counts as one edit: the bytes that it left alone keep their author.
 */
export function blameContent(
  saves: Saves,
  file: Pick<File, "ino" | "content">,
  seq: Seq,
  { start = 0, end = file.content.size, by = "lines" }: AuthorOptions = {},
): Blame {
  const { journal } = saves;
  const { pieces, isCut } = authorsOf(saves, file, seq, { start, end, by });
  return { spans: spansOf(journal, file, seq, pieces, { start, end }), isCut };
}

/**
 * Finds the event that put each byte of a file, as it is after event `seq`, on the tape, even if the byte was the same
 * before. Returns spans in order without gaps; neighbours of the same event are joined. Renames, links, cuts and
 * reverts lead to the event that wrote the bytes.
 */
export function blame(
  journal: Journal,
  file: File,
  seq: Seq,
  start = 0,
  end = file.content.size,
): Span[] {
  const pieces: Authored[] = [];
  for (const { offset, length, tape } of extentsOf(file.content, start, end))
    if (tape !== "hole") pieces.push({ offset, length, tape });
  return spansOf(journal, file, seq, pieces, { start, end });
}

function spansOf(
  journal: Journal,
  file: Pick<File, "ino" | "content">,
  seq: Seq,
  pieces: readonly Authored[],
  { start, end }: { readonly start: number; readonly end: number },
): Span[] {
  const holes = [...extentsOf(file.content, start, end)].filter(({ tape }) => tape === "hole");
  const makers = holes.length === 0 ? [] : holeMakers(journal, file.ino, seq);
  const spans = [
    ...writtenSpans(journal, pieces),
    ...holes.flatMap(({ offset, length }) => [...clipped(makers, offset, offset + length)]),
  ];
  return joined(spans.sort((left, right) => left.start - right.start));
}

/** Adds the lines to each span; reads the file up to the end of the last span. */
export function blameLines(file: File, spans: readonly Span[], readTape: ReadTape): LineSpan[] {
  let line = 1;
  let at = 0;
  const readTo = (position: number): number => {
    while (at < position) {
      const bytes = readContent(file.content, at, Math.min(position - at, 1 << 18), readTape);
      for (let index = bytes.indexOf(10); index >= 0; index = bytes.indexOf(10, index + 1))
        line += 1;
      at += bytes.length;
    }
    return line;
  };
  return spans.map((span) => {
    const firstLine = readTo(span.start);
    const lastLine = readTo(span.end - 1);
    return { ...span, firstLine, lastLine };
  });
}

/**
 * Finds the writes in the order of the tape, which is that of the events: the next one is often just after the last.
 */
function* writtenSpans(journal: Journal, pieces: readonly Authored[]): Generator<Span> {
  const writers = new Writers(journal);
  const base = baseSpans(journal);
  const ascending = pieces.toSorted((left, right) => left.tape - right.tape);
  for (const { offset, length, tape, save } of ascending) {
    if (tape >= promisedFrom) {
      // They came with the listing, whenever they were read.
      const listing = journal.writer(tape);
      if (listing === undefined || listing.seq <= base.seq)
        yield base.span(offset, offset + length);
      else yield spanOf(listing, offset, offset + length, "write");
      continue;
    }
    const before = Math.min(length, Math.max(0, base.tape - tape));
    if (before > 0) yield base.span(offset, offset + before);
    for (let at = before; at < length;) {
      const event = writers.of((tape + at) as TapePosition);
      const stop = Math.min(length, event.tape + event.length - tape);
      const span = spanOf(event, offset + at, offset + stop, "write");
      yield save === undefined ? span : { ...span, save: [save.first, save.last] };
      at = stop;
    }
  }
}

/** Makes the spans of bytes that were written before the base. */
function baseSpans(journal: Journal) {
  const { seq = 0 as Seq, tape = 0, time = 0n } = journal.base() ?? {};
  const span = (start: number, end: number): Span => ({
    start,
    end,
    source: "folded",
    seq,
    run: 0 as RunNumber,
    time,
  });
  return { tape, seq, span };
}

type Write = Event & { readonly kind: "write" };

/** The number of events to read ahead after a write, if the one before was no further away. */
const nearEvents = 64;

/** Finds the writes that put bytes on the tape, for ascending positions. */
class Writers {
  readonly #journal: Journal;
  /** The writes that were read, in order; those before `#at` are done. */
  #near: readonly Write[] = [];
  #at = 0;
  /** The last event that was read. */
  #read = 0 as Seq;
  #spread: "near" | "far" = "far";

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  of(position: TapePosition): Write {
    const known = this.#amongNear(position);
    if (known !== undefined) return known;
    if (this.#spread === "near") {
      this.#readOn();
      const next = this.#amongNear(position);
      if (next !== undefined) return next;
    }
    const found = this.#journal.writer(position);
    if (found?.kind !== "write") throw new Error(`no event wrote byte ${position} of the tape`);
    this.#spread = found.seq - this.#read <= nearEvents ? "near" : "far";
    this.#near = [found];
    this.#at = 0;
    this.#read = found.seq;
    return found;
  }

  #amongNear(position: TapePosition): Write | undefined {
    for (; this.#at < this.#near.length; this.#at += 1) {
      const write = this.#near[this.#at];
      if (write !== undefined && position < write.tape + write.length) return write;
    }
    return undefined;
  }

  #readOn(): void {
    const last = (this.#read + nearEvents) as Seq;
    const events = this.#journal.events((this.#read + 1) as Seq, last);
    this.#near = events.filter((event) => event.kind === "write");
    this.#at = 0;
    this.#read = events.at(-1)?.seq ?? this.#read;
  }
}

/**
 * Returns the events that made the bytes which were never written: growth by set-size, the gap before a write past the
 * end, a hole in a revert. The ranges are in order, and include bytes that were written later.
 */
function holeMakers(journal: Journal, ino: Ino, last: Seq): Span[] {
  const made: Span[] = [];
  const listed = new ListedFiles(journal).at(ino);
  const isListed = listed !== undefined && listed.seq > baseSpans(journal).seq;
  let size = isListed ? listed.size : baseSize(journal, ino);
  if (size > 0 && !isListed) made.push(baseSpans(journal).span(0, size));
  const cut = (to: number): void => {
    for (let span = made.at(-1); span !== undefined && span.end > to; span = made.at(-1)) {
      made.pop();
      if (span.start < to) made.push({ ...span, end: to });
    }
    size = to;
  };
  const grow = (event: Event, to: number): void => {
    if (to > size) made.push(spanOf(event, size, to, "hole"));
    size = Math.max(size, to);
  };
  for (const event of inodeEvents(journal, ino, last)) {
    if (event.kind === "create") cut(0);
    if (event.kind === "write") {
      grow(event, event.offset);
      size = Math.max(size, event.offset + event.length);
    }
    if (event.kind === "set-size" && event.size < size) cut(event.size);
    else if (event.kind === "set-size") grow(event, event.size);
    if (event.kind === "revert") {
      cut(0);
      grow(event, event.size);
    }
  }
  return made;
}

function baseSize(journal: Journal, ino: Ino): number {
  if (journal.base() === undefined) return 0;
  const inode = inodeOf(beginning(journal), ino);
  return inode?.type === "file" ? inode.content.size : 0;
}

function* clipped(spans: readonly Span[], start: number, end: number): Generator<Span> {
  for (const span of spans) {
    if (span.end <= start || span.start >= end) continue;
    yield { ...span, start: Math.max(span.start, start), end: Math.min(span.end, end) };
  }
}

function spanOf(event: Event, start: number, end: number, source: Span["source"]): Span {
  return { start, end, source, seq: event.seq, run: event.run, time: event.time };
}

/** Joins neighbouring spans of the same event. */
function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of spans) {
    const last = result.at(-1);
    if (last?.seq === span.seq && last.source === span.source && last.end === span.start) {
      result[result.length - 1] = { ...last, end: span.end };
    } else {
      result.push(span);
    }
  }
  return result;
}
