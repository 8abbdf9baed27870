import type { Event, Ino, Journal, RunNumber, Seq, TapePosition } from "../../journal/index.ts";
import { type File, extentsOf, readContent } from "../fs/index.ts";
import type { ReadTape } from "./read-tape.ts";

/** Bytes from `start` to `end` that one event put there. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** "hole": no byte was written; the event made the file long enough. */
  readonly source: "write" | "hole";
  readonly seq: Seq;
  readonly run: RunNumber;
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
}

/** A span with the lines, from 1 on, that its first and its last byte stand in. */
export interface LineSpan extends Span {
  readonly firstLine: number;
  readonly lastLine: number;
}

/**
 * Who wrote each byte of a file as it is after event `seq`: spans in order, without gaps, neighbours of one event as one.
 * The tape tells, so that renames, links, cuts and reverts lead to the event that first wrote the bytes.
 */
export function blame(
  journal: Journal,
  file: File,
  seq: Seq,
  start = 0,
  end = file.content.size,
): Span[] {
  const find = writers(journal, file, seq);
  let holes: readonly Span[] | undefined;
  const spans: Span[] = [];
  for (const { offset, length, tape } of extentsOf(file.content, start, end)) {
    if (tape === "hole") {
      holes ??= holeMakers(journal, file.ino, seq);
      for (const span of clipped(holes, offset, offset + length)) push(spans, span);
      continue;
    }
    for (let at = 0; at < length;) {
      const event = find((tape + at) as TapePosition);
      const stop = Math.min(length, event.tape + event.length - tape);
      push(spans, spanOf(event, offset + at, offset + stop, "write"));
      at = stop;
    }
  }
  return spans;
}

/** Gives each span its lines; reads the file up to the end of the last one. */
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

type Write = Event & { readonly kind: "write" };

/** Below this many extents each writer is looked up; above it the file's own writes are read at once. */
const fewExtents = 64;

/** Finds the write that put the byte at a tape position, remembering those that were found. */
function writers(journal: Journal, file: File, seq: Seq): (position: TapePosition) => Write {
  let own: readonly Write[] | undefined;
  let last: Write | undefined;
  let asked = 0;
  return (position) => {
    if (last !== undefined && holds(last, position)) return last;
    asked += 1;
    if (asked > fewExtents) own ??= ownWrites(journal, file.ino, seq);
    const near = own === undefined ? undefined : nearest(own, position);
    const found = near !== undefined && holds(near, position) ? near : journal.writer(position);
    if (found?.kind !== "write") throw new Error(`no event wrote byte ${position} of the tape`);
    last = found;
    return found;
  };
}

function ownWrites(journal: Journal, ino: Ino, last: Seq): Write[] {
  const writes: Write[] = [];
  for (const event of journal.query({ ino, last, kinds: new Set(["write"]) })) {
    if (event.kind === "write") writes.push(event);
  }
  return writes;
}

/** Writes come in the order of the tape: the last one that starts at or before a position. */
function nearest(writes: readonly Write[], position: TapePosition): Write | undefined {
  let low = 0;
  let high = writes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const write = writes[middle];
    if (write !== undefined && write.tape <= position) low = middle + 1;
    else high = middle;
  }
  return writes[low - 1];
}

function holds({ tape, length }: Write, position: TapePosition): boolean {
  return tape <= position && position < tape + length;
}

/**
 * Which event made each byte exist that was not written when it came to be: growth by set-size, the gap before a write
 * past the end, a hole in a revert. Ranges in order; what was written since is not cut out.
 */
function holeMakers(journal: Journal, ino: Ino, last: Seq): Span[] {
  const made: Span[] = [];
  let size = 0;
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
  for (const event of journal.query({
    ino,
    last,
    kinds: new Set(["create", "write", "set-size", "revert"]),
  })) {
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

function* clipped(spans: readonly Span[], start: number, end: number): Generator<Span> {
  for (const span of spans) {
    if (span.end <= start || span.start >= end) continue;
    yield { ...span, start: Math.max(span.start, start), end: Math.min(span.end, end) };
  }
}

function spanOf(event: Event, start: number, end: number, source: Span["source"]): Span {
  return { start, end, source, seq: event.seq, run: event.run, time: event.time };
}

function push(spans: Span[], span: Span): void {
  const last = spans.at(-1);
  if (
    last !== undefined &&
    last.seq === span.seq &&
    last.source === span.source &&
    last.end === span.start
  ) {
    spans[spans.length - 1] = { ...last, end: span.end };
  } else {
    spans.push(span);
  }
}
