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

/** What a redaction removes, as far as it is worth being looked for elsewhere. */
export interface RemovedTexts {
  readonly texts: readonly Uint8Array[];
  /** Whether there was more than is looked for. */
  readonly isCut: boolean;
}

/** A place in the journal that a redaction leaves as it is, with the same bytes in it. */
export interface Elsewhere {
  /** "reason": why a run ended. "content": what an event wrote. */
  readonly where: "arguments" | "environment" | "path" | "target" | "mark" | "reason" | "content";
  /** The event that has them; of what is folded, the last that is. */
  readonly seq: Seq;
  /** 0 where it is of no run. */
  readonly run: RunNumber;
  /** Of a file that they were written to. */
  readonly path?: string;
}

/** What was found, by events. */
export interface ElsewhereSearch {
  readonly found: readonly Elsewhere[];
  /** Whether there is more to be found than was. */
  readonly isCut: boolean;
}

export interface SearchOptions {
  /** Whole writes and kept pieces that are to be removed, and do not count. */
  readonly except?: readonly TapeSpan[];
  /** Told how many bytes of how many were looked through. */
  readonly onProgress?: (done: number, bytes: number) => void;
}

/** What is shorter stands in many places by chance, and what is longer is no secret that was typed. */
const leastBytes = 8;
const mostBytes = 4_096;
/** A row of the same few bytes says nothing. */
const leastDifferent = 4;
const mostTexts = 10_000;
/** Bytes of content that are looked through: a few seconds' worth. */
const mostContent = 1024 * 1024 * 1024;
const mostFound = 1_000;

/** Reads what is about to be removed: each piece as a whole, without the space around it. */
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

/** Looks for removed texts in everything that a redaction does not reach, and in what else was written. */
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

/** One event tells of the path; the log lists the others. */
function* firstOn(journal: Journal, path: string): Generator<Elsewhere> {
  for (const { seq, run } of journal.query({ paths: [path] })) {
    yield { where: "path", seq, run };
    return;
  }
}

/** Of the state that a compacted journal begins with. */
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

/** Each write in which one of the texts begins, once. */
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

/** The parts of the tape that hold bytes of a write. */
function writtenRanges(journal: Journal): TapeSpan[] {
  const start = (journal.base()?.tape ?? 0) as TapePosition;
  const length = journal.tapeLength(journal.head()) - start;
  return [...journal.kept(0, start), { start, length }];
}

/** The write, or what a compaction kept of one, that has a byte of the tape. */
function pieceAt(journal: Journal, position: TapePosition) {
  const event: Event | undefined = journal.writer(position);
  if (event?.kind === "write") {
    const { seq, run, path, tape: start, length } = event;
    const found: Elsewhere = { where: "content", seq, run, path };
    return { found, start, end: start + length };
  }
  const [kept = { start: position, length: 1 }] = journal.kept(position, position + 1);
  const found: Elsewhere = { where: "content", seq: baseSeq(journal), run: none };
  return { found, start: kept.start, end: kept.start + kept.length };
}

/** In which file of the state that a compacted journal begins with each kept piece is, by where the piece begins. */
function pathsInBase(journal: Journal): ReadonlyMap<number, string> {
  const paths = new Map<number, string>();
  const tree = beginning(journal);
  const root = lookup(tree, "/");
  if (root === undefined) return paths;
  for (const { path, inode } of walk(tree, root, "/")) {
    if (inode.type !== "file") continue;
    for (const { tape, length } of extentsOf(inode.content)) {
      if (tape === "hole") continue;
      for (const { start } of journal.kept(tape, tape + length)) paths.set(start, path);
    }
  }
  return paths;
}

/** What is folded, and a mark, is of no run. */
const none = 0 as RunNumber;
