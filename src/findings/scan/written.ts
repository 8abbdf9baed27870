import type { Event, Ino, Seq, TapePosition } from "../../../journal/index.ts";
import { type Content, type File, extentsOf, readContentInto } from "../../fs/index.ts";
import { type ReadTape, unlessUnread } from "../../history/index.ts";

type Write = Event & { readonly kind: "write" };

/** Describes consecutive writes to one file, with the event that wrote each piece. */
export interface WrittenText {
  readonly ino: Ino;
  readonly path: string;
  /** In bytes. */
  readonly length: number;
  readonly pieces: readonly { readonly start: number; readonly seq: Seq }[];
  /** Fills a target of `length` bytes. */
  readonly read: (target: Uint8Array) => void;
}

/** A part of what is held, and its place on the tape. */
interface Piece {
  readonly start: number;
  readonly seq: Seq;
  readonly length: number;
  readonly tape: TapePosition;
}

/** Bytes that are joined at most. */
const mostTogether = 64 * 1024;
/** Bytes at the end of a piece that are repeated in the next. */
const overlap = 4 * 1024;
/** Bounds the pieces of what is joined. */
const mostPieces = 8 * 1024;
/** Bounds the seams that are remembered. */
const mostSeams = 500_000;
/** Bounds the files whose last pieces are held. */
const mostFiles = 64;

/** The parts of a file in which bytes meet, and the last event that wrote to it. */
interface Seams {
  /** Numbers of parts of `overlap` bytes. Most files have one, and a set takes ten times the memory. */
  parts: number | Set<number>;
  last: Seq;
}

interface Held {
  readonly ino: Ino;
  readonly path: string;
  /** Offset in the file of the byte that would follow. */
  next: number;
  length: number;
  pieces: Piece[];
  /** Bytes that were yielded before. */
  told: number;
}

/** Joins consecutive writes to each file, however small they are. Memory is bounded, and no byte is read here. */
export class WrittenTexts {
  /** The parts of files in which bytes meet that no consecutive writes joined. */
  readonly seams = new Map<Ino, Seams>();
  readonly #readTape: ReadTape;
  readonly #isOlder: (ino: Ino) => boolean;
  /** In order of use, the last one at the end. A map that changes all the time would leave much garbage. */
  readonly #held: Held[] = [];
  /** The inode of each: numbers side by side are found sooner than in objects. */
  readonly #inos: Ino[] = [];
  #seamsLeft = mostSeams;

  /** `isOlder` tells of files that are older than all writes. */
  constructor(readTape: ReadTape, isOlder: (ino: Ino) => boolean) {
    this.#readTape = readTape;
    this.#isOlder = isOlder;
  }

  /** Tells if there were more seams than are remembered. */
  get isFull(): boolean {
    return this.#seamsLeft < 0;
  }

  /** Takes a write; returns the pieces that it completes. */
  add({ ino, path, offset, length, tape, seq }: Write): readonly WrittenText[] {
    const done: WrittenText[] = [];
    const known = this.#inos.lastIndexOf(ino);
    const held = this.#held[known] ?? { ino, path, next: offset, length: 0, pieces: [], told: 0 };
    if (held.next !== offset) this.#seam(ino, held.next, seq);
    if (held.next !== offset || held.length === 0) this.#seam(ino, offset, seq);
    const seams = this.seams.get(ino);
    if (seams !== undefined) seams.last = seq;
    // The one that was written last stays longest.
    if (known < 0 || known < this.#held.length - 1) {
      if (known >= 0) this.#forget(known);
      this.#held.push(held);
      this.#inos.push(ino);
    }
    // No secret is made of what stands in different places: a NUL stands between them.
    if (held.next !== offset) held.length += 1;
    if (held.length === mostTogether) done.push(this.#cut(held));
    for (let at = 0; at < length;) {
      const part = Math.min(length - at, mostTogether - held.length);
      const from = (tape + at) as TapePosition;
      held.pieces.push({ start: held.length, seq, length: part, tape: from });
      held.length += part;
      at += part;
      if (held.length === mostTogether || held.pieces.length === mostPieces)
        done.push(this.#cut(held));
    }
    held.next = offset + length;
    const oldest = this.#held.length > mostFiles ? this.#forget(0) : undefined;
    const last = oldest === undefined ? undefined : this.#end(oldest);
    if (last !== undefined) done.push(last);
    return done;
  }

  #forget(index: number): Held | undefined {
    this.#inos.splice(index, 1);
    return this.#held.splice(index, 1)[0];
  }

  /** Takes note of a file's new size. */
  cut({ ino, size, seq }: Event & { readonly kind: "set-size" }): void {
    const held = this.#held[this.#inos.lastIndexOf(ino)];
    if (held === undefined || size < held.next) this.#seam(ino, size, seq);
    const seams = this.seams.get(ino);
    if (seams !== undefined) seams.last = seq;
  }

  #seam(ino: Ino, place: number, last: Seq): void {
    if (place === 0) return;
    const seams = this.seams.get(ino);
    const part = Math.floor(place / overlap);
    const parts = seams?.parts;
    if (typeof parts === "number" ? parts === part : parts?.has(part) === true) return;
    this.#seamsLeft -= 1;
    if (this.#seamsLeft < 0) return;
    if (seams === undefined) this.seams.set(ino, { parts: part, last });
    else if (typeof seams.parts === "number") seams.parts = new Set([seams.parts, part]);
    else seams.parts.add(part);
  }

  /** Returns what is left. */
  end(): readonly WrittenText[] {
    this.#inos.length = 0;
    return this.#held.splice(0).flatMap((held) => this.#end(held) ?? []);
  }

  #cut(held: Held): WrittenText {
    const text = this.#textOf(held);
    const from = Math.max(0, held.length - overlap);
    held.pieces = held.pieces.flatMap((piece) => {
      const skipped = Math.max(0, from - piece.start);
      const length = piece.length - skipped;
      const tape = (piece.tape + skipped) as TapePosition;
      const start = piece.start + skipped - from;
      return length > 0 ? [{ start, seq: piece.seq, length, tape }] : [];
    });
    held.length -= from;
    held.told = held.length;
    return text;
  }

  /** Returns what was not told of a file that is not held any more. */
  #end(held: Held): WrittenText | undefined {
    const { ino } = held;
    if (this.#isOlder(ino)) this.#seam(ino, held.next, held.pieces.at(-1)?.seq ?? (0 as Seq));
    return held.length > held.told ? this.#textOf(held) : undefined;
  }

  #textOf({ ino, path, length, pieces }: Held): WrittenText {
    const read = (target: Uint8Array): void => {
      let end = 0;
      for (const piece of pieces) {
        target.fill(0, end, piece.start);
        this.#readTape(piece.tape, piece.length, target, piece.start);
        end = piece.start + piece.length;
      }
      target.fill(0, end, length);
    };
    return { ino, path, length, pieces, read };
  }
}

/** Yields what a file holds in and around some parts, as if one event had written it. */
export function* textsAround(
  parts: number | ReadonlySet<number>,
  { ino, content }: File,
  readTape: ReadTape,
  { path, seq }: { readonly path: string; readonly seq: Seq },
): Generator<WrittenText> {
  const pieces = [{ start: 0, seq }];
  for (const [start, end] of withoutHoles(content, rangesAround(parts, content.size))) {
    const read = (target: Uint8Array): void => {
      target.fill(0);
      unlessUnread(() => readContentInto(content, start, target, readTape), undefined);
    };
    yield { ino, path, length: end - start, pieces, read };
  }
}

/** A part of a file: the bytes from a place up to another. */
type Range = readonly [start: number, end: number];

/** Yields the ranges of a file that are in or next to some parts, in order; joins them up to some length. */
function* rangesAround(parts: number | ReadonlySet<number>, size: number): Generator<Range> {
  let [from, to] = [0, 0];
  const inOrder = typeof parts === "number" ? [parts] : [...parts];
  for (const part of inOrder.sort((one, other) => one - other)) {
    const place = part * overlap;
    if (place > size) break;
    const start = Math.max(0, place - overlap);
    const isApart = start > to || place - from > mostTogether;
    if (to > 0 && isApart) yield [from, to];
    if (isApart) from = start;
    to = Math.min(size, place + 2 * overlap);
  }
  if (to > 0) yield [from, to];
}

/** Yields what of the ranges is no hole. A hole of one byte stays, as a NUL between two characters does. */
function* withoutHoles(content: Content, ranges: Iterable<Range>): Generator<Range> {
  for (const range of ranges) {
    if (content.mapped === content.size) yield range;
    else yield* heldIn(content, range);
  }
}

function* heldIn(content: Content, [from, to]: Range): Generator<Range> {
  let [start, end] = [from, from];
  for (const { offset, length, tape } of extentsOf(content, from, to)) {
    if (tape === "hole") continue;
    if (offset > end + 1) {
      if (end > start) yield [start, end];
      start = offset;
    }
    end = offset + length;
  }
  if (end > start) yield [start, end];
}

/** Returns the event that wrote a place of the text. */
export function writerAt({ pieces }: WrittenText, place: number): Seq | undefined {
  return pieces.findLast(({ start }) => start <= place)?.seq;
}
