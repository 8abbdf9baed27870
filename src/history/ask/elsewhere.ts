import type {
  Event,
  Journal,
  Kind,
  RunNumber,
  Seq,
  TapePosition,
  TapeSpan,
} from "../../../journal/index.ts";
import { extentsOf } from "../../fs/index.ts";
import { beginning, baseSeq } from "../snapshots/beginning.ts";
import { type ByteSearch, byteSearch } from "./byte-search.ts";
import { lookup, walk } from "../view/view.ts";

/** The texts that a redaction removes and that are worth searching for in other places. */
export interface RemovedTexts {
  readonly texts: readonly Uint8Array[];
  /** Tells whether there were too many texts to search for all. */
  readonly isCut: boolean;
}

/** A place in the journal that has the same bytes and that a redaction leaves as it is. */
export interface Elsewhere {
  /** "reason" is the reason of a run's end, "content" the bytes of a write. */
  readonly where: "arguments" | "environment" | "path" | "target" | "mark" | "reason" | "content";
  /** The event that has the text; for folded events the last one. */
  readonly seq: Seq;
  /** The event's run, or 0. */
  readonly run: RunNumber;
  /** The file that the bytes were written to. */
  readonly path?: string;
}

/** The result of a search, by events. */
export interface ElsewhereSearch {
  readonly found: readonly Elsewhere[];
  /** Tells whether there are more places than were returned. */
  readonly isCut: boolean;
}

export interface SearchOptions {
  /** Whole writes and retained spans to ignore, because they are to be removed. */
  readonly except?: readonly TapeSpan[];
  /** Called with the number of bytes searched and of all bytes. */
  readonly onProgress?: (done: number, bytes: number) => void;
}

/** A shorter text is found in many places by chance, and a longer one is no secret that somebody typed. */
const leastBytes = 8;
const mostBytes = 4_096;
/** A repetition of few different bytes means nothing. */
const leastDifferent = 4;
const mostTexts = 10_000;
/** The most bytes of content to search: a few seconds' worth. */
const mostContent = 1024 * 1024 * 1024;
const mostFound = 1_000;

/** Reads the bytes that are about to be removed: each span as one text, trimmed. */
export function textsIn(
  journal: Pick<Journal, "readTape">,
  spans: readonly TapeSpan[],
): RemovedTexts {
  const texts = new Map<string, Uint8Array>();
  for (const { start, length } of spans) {
    if (length < leastBytes || length > mostBytes) continue;
    const bytes = new Uint8Array(length);
    journal.readTape(start, length, bytes);
    const text = trimmed(bytes);
    if (text.length < leastBytes || new Set(text).size < leastDifferent) continue;
    if (texts.size === mostTexts) return { texts: [...texts.values()], isCut: true };
    texts.set(String.fromCharCode(...text), text);
  }
  return { texts: [...texts.values()], isCut: false };
}

function trimmed(bytes: Uint8Array): Uint8Array {
  let start = 0;
  let end = bytes.length;
  while (start < end && isSpace(bytes[start])) start += 1;
  while (start < end && isSpace(bytes[end - 1])) end -= 1;
  return bytes.subarray(start, end);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

/** Searches for removed texts wherever a redaction does not remove bytes, and in all other writes. */
export function elsewhere(
  journal: Journal,
  { texts, isCut }: RemovedTexts,
  options: SearchOptions = {},
): ElsewhereSearch {
  const found: Elsewhere[] = [];
  if (texts.length === 0) return { found, isCut };
  const search = byteSearch(texts);
  let isMore = isCut || journal.tapeLength(journal.head()) > mostContent;
  for (const one of allIn(journal, search, options)) {
    isMore ||= found.length === mostFound;
    if (found.length === mostFound) break;
    found.push(one);
  }
  isMore ||= search.isSpent;
  return { found: found.toSorted((one, other) => one.seq - other.seq), isCut: isMore };
}

function* allIn(
  journal: Journal,
  search: ByteSearch,
  options: SearchOptions,
): Generator<Elsewhere> {
  const encoder = new TextEncoder();
  const isIn = (text: string) => text !== "" && search.find(encoder.encode(text)) !== -1;
  for (const { start, first: seq, run } of journal.runs()) {
    if ([start.guest, ...start.args].some(isIn)) yield { where: "arguments", seq, run };
    if (start.environment.some(isIn)) yield { where: "environment", seq, run };
  }
  for (const event of journal.query({ kinds: named })) {
    const { seq, run } = event;
    if (event.kind === "symlink" && isIn(event.target)) yield { where: "target", seq, run };
    if (event.kind === "mark" && isIn(event.name)) yield { where: "mark", seq, run };
    if (event.kind === "run-end" && isIn(event.reason ?? "")) yield { where: "reason", seq, run };
  }
  for (const path of journal.paths()) if (isIn(path)) yield* firstOn(journal, path);
  yield* namesInBase(journal, isIn);
  yield* contentIn(journal, search, options);
}

const named: ReadonlySet<Kind> = new Set<Kind>(["symlink", "mark", "run-end"]);

/** One event is enough for a path; the log lists the others. */
function* firstOn(journal: Journal, path: string): Generator<Elsewhere> {
  for (const { seq, run } of journal.query({ paths: [path] })) {
    yield { where: "path", seq, run };
    return;
  }
}

/** Searches the names in the base. */
function* namesInBase(journal: Journal, isIn: (text: string) => boolean): Generator<Elsewhere> {
  const seq = baseSeq(journal);
  if (seq === 0) return;
  const tree = beginning(journal);
  const root = lookup(tree, "/");
  if (root === undefined) return;
  for (const { path, inode } of walk(tree, root, "/")) {
    if (isIn(path.slice(path.lastIndexOf("/")))) yield { where: "path", seq, run: none };
    if (inode.type === "symlink" && isIn(inode.target)) yield { where: "target", seq, run: none };
  }
}

const chunk = 1024 * 1024;

/** Yields each write in which one of the texts begins, once. */
function* contentIn(
  journal: Journal,
  search: ByteSearch,
  { except = [], onProgress = () => {} }: SearchOptions,
): Generator<Elsewhere> {
  const skipped = new Map(except.map((span) => [span.start as number, span]));
  const ranges = writtenRanges(journal);
  let paths: ReadonlyMap<number, string> | undefined;
  const whole = ranges.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(chunk + search.longest);
  let done = 0;
  for (const { start, length: all } of ranges) {
    const end = start + all;
    for (let at: number = start, resume: number = start; at < end && done < mostContent;) {
      if (search.isSpent) return;
      const length = Math.min(bytes.length, end - at);
      journal.readTape(at as TapePosition, length, bytes);
      const looked = bytes.subarray(0, length);
      const stop = Math.min(chunk, length);
      while (resume < at + stop) {
        const place = search.find(looked, resume - at, stop);
        if (place === -1) break;
        const piece = pieceAt(journal, (at + place) as TapePosition);
        resume = piece.end;
        if (skipped.has(piece.start)) continue;
        if (piece.found.path !== undefined) yield piece.found;
        else {
          paths ??= pathsInBase(journal);
          const path = paths.get(piece.start);
          yield path === undefined ? piece.found : { ...piece.found, path };
        }
      }
      at += stop;
      resume = Math.max(resume, at);
      done += stop;
      onProgress(done, Math.min(whole, mostContent));
    }
  }
}

/** Returns the ranges of the tape that hold written bytes. */
function writtenRanges(journal: Journal): TapeSpan[] {
  const start = (journal.base()?.tape ?? 0) as TapePosition;
  const length = journal.tapeLength(journal.head()) - start;
  return [...journal.retained(0, start), { start, length }];
}

/** Returns the write, or the retained span, that has a byte of the tape. */
function pieceAt(journal: Journal, position: TapePosition) {
  const event: Event | undefined = journal.writer(position);
  if (event?.kind === "write") {
    const { seq, run, path, tape: start, length } = event;
    const found: Elsewhere = { where: "content", seq, run, path };
    return { found, start, end: start + length };
  }
  const [span = { start: position, length: 1 }] = journal.retained(position, position + 1);
  const found: Elsewhere = { where: "content", seq: baseSeq(journal), run: none };
  return { found, start: span.start, end: span.start + span.length };
}

/** Returns the path of each retained span in the base, by the start of the span. */
function pathsInBase(journal: Journal): ReadonlyMap<number, string> {
  const paths = new Map<number, string>();
  const tree = beginning(journal);
  const root = lookup(tree, "/");
  if (root === undefined) return paths;
  for (const { path, inode } of walk(tree, root, "/")) {
    if (inode.type !== "file") continue;
    for (const { tape, length } of extentsOf(inode.content)) {
      if (tape === "hole") continue;
      for (const { start } of journal.retained(tape, tape + length)) paths.set(start, path);
    }
  }
  return paths;
}

/** The run of folded events and of marks. */
const none = 0 as RunNumber;
