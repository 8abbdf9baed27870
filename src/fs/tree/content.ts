import { isDraft } from "immer";

import type { Extent, TapePosition, TapeSpan } from "../../../journal/index.ts";
import {
  type Block,
  type MutableBlock,
  type Piece,
  type PieceVisitor,
  cut,
  eachPiece,
  mappedIn,
  newBlock,
  piecesIn,
  put,
  sameBlock,
} from "./block.ts";
import {
  type MutablePage,
  type MutableTable,
  type Page,
  type Table,
  copyBetween,
  deleteAt,
  deleteFrom,
  differences,
  emptyHeldTable,
  entriesOf,
  filledTable,
  getAt,
  setAt,
} from "../table/table.ts";

/**
 * The content of a file: pieces of the tape, in blocks of 64 KiB; the gaps between them read as zeros. An overwrite
 * copies one short block, and equal blocks of two versions are the same object. It is a class because immer treats
 * instances as plain values: drafts of all its parts would cost more than the change. See `contentToChange`.
 */
export class Content {
  /** Only the constructor makes one. */
  declare readonly [made]: true;
  readonly size: number;
  /** Bytes that are on the tape. */
  readonly mapped: number;
  // The table of blocks is this object itself: of many files each object is in no cache when it is looked at.
  readonly height: number;
  readonly root: Page<Block>;

  constructor(size: number, mapped: number, { height, root }: Table<Block>) {
    this.size = size;
    this.mapped = mapped;
    this.height = height;
    this.root = root;
  }

  get blocks(): Table<Block> {
    return this;
  }
}

export interface MutableContent {
  readonly [made]: true;
  size: number;
  mapped: number;
  height: number;
  root: MutablePage<MutableBlock>;
  readonly blocks: MutableTable<MutableBlock>;
}
declare const made: unique symbol;

export const blockBytes = 64 * 1024;

export function emptyContent(): MutableContent {
  return new Content(0, 0, emptyHeldTable<MutableBlock>()) as MutableContent;
}

/**
 * Returns a file's content for `cover` or `resize` to change between `first` and `last`. A draft's content may be
 * shared with other states: so it is copied, except for the blocks outside of that range.
 */
export function contentToChange(
  file: { content: MutableContent },
  first: number,
  last: number,
): MutableContent {
  if (isDraft(file)) {
    const { size, mapped, blocks } = file.content;
    const [from, to] = [Math.floor(first / blockBytes), Math.floor(last / blockBytes)];
    const copy = copyBetween<Block, MutableBlock>(blocks, from, to, copyBlock);
    file.content = new Content(size, mapped, copy) as MutableContent;
  }
  return file.content;
}

function copyBlock(block: Block): MutableBlock {
  return block.slice();
}

/** Maps `length` bytes at `offset` to the tape, over what was there. Returns by how many the mapped bytes grow. */
export function cover(
  content: MutableContent,
  offset: number,
  length: number,
  tape: TapePosition,
): number {
  const end = offset + length;
  const before = content.mapped;
  for (let at = offset; at < end;) {
    const index = Math.floor(at / blockBytes);
    const stop = Math.min(end, (index + 1) * blockBytes);
    const position = (tape + (at - offset)) as TapePosition;
    const block = getAt(content.blocks, index) as MutableBlock | undefined;
    if (block !== undefined) content.mapped += put(block, at, stop, position);
    else {
      setAt(content.blocks, index, newBlock(at, stop, position));
      content.mapped += stop - at;
    }
    at = stop;
  }
  if (end > content.size) content.size = end;
  return content.mapped - before;
}

/** Truncates or extends; an extension is a hole. Returns by how many the mapped bytes grow (never above 0). */
export function resize(content: MutableContent, size: number): number {
  const before = content.mapped;
  if (size < content.size) {
    const index = Math.floor(size / blockBytes);
    for (const [, block] of entriesOf<Block>(content.blocks, index + 1))
      content.mapped -= mappedIn(block);
    deleteFrom(content.blocks, index + 1);
    const block = getAt(content.blocks, index) as MutableBlock | undefined;
    if (block !== undefined) {
      content.mapped += cut(block, size);
      if (block.length === 0) deleteAt(content.blocks, index);
    }
  }
  content.size = size;
  return content.mapped - before;
}

/** Makes content from extents; skips the holes. */
export function contentFrom(size: number, extents: readonly Extent[]): MutableContent {
  const content = emptyContent();
  for (const { offset, length, tape } of extents)
    if (tape !== "hole") cover(content, offset, length, tape);
  content.size = size;
  return content;
}

/** Makes content whose bytes stand at `tape` and after it, one after another. Takes no memory for them yet. */
export function contentAt(size: number, tape: TapePosition): MutableContent {
  const blocks = filledTable<MutableBlock>(Math.ceil(size / blockBytes), (index) => {
    const start = index * blockBytes;
    return newBlock(start, Math.min(start + blockBytes, size), (tape + start) as TapePosition);
  });
  return new Content(size, size, blocks) as MutableContent;
}

/**
 * Yields the file from `start` to `end`, clipped to its size, as extents in order, with holes; neighbours are joined.
 */
export function* extentsOf(content: Content, start = 0, end = content.size): Generator<Extent> {
  const stop = Math.min(end, content.size);
  const last = Math.floor((stop - 1) / blockBytes);
  let at = start;
  let held: Piece | undefined;
  for (const [index, block] of entriesOf(content.blocks, Math.floor(start / blockBytes))) {
    if (index > last) break;
    for (const piece of piecesIn(block, start, stop)) {
      if (held !== undefined && at === piece.offset && held.tape + held.length === piece.tape) {
        held = { ...held, length: held.length + piece.length };
      } else {
        if (held !== undefined) yield held;
        if (piece.offset > at) yield { offset: at, length: piece.offset - at, tape: "hole" };
        held = piece;
      }
      at = piece.offset + piece.length;
    }
  }
  if (held !== undefined) yield held;
  if (at < stop) yield { offset: at, length: stop - at, tape: "hole" };
}

/** Reads from the tape. Throws JournalError if the bytes are missing. */
export interface ReadTape {
  (this: void, position: TapePosition, length: number, target: Uint8Array, at?: number): void;
  /** Is told what is read next, where that is fetched: all of it at once. */
  readonly expect?: (spans: readonly TapeSpan[]) => void;
}

/** Returns at most `length` bytes from `offset` on: fewer at the end of the file, none past it. */
export function readContent(
  content: Content,
  offset: number,
  length: number,
  readTape: ReadTape,
): Uint8Array {
  const bytes = new Uint8Array(readableBytes(content, offset, length));
  readContentInto(content, offset, bytes, readTape);
  return bytes;
}

/** Counts how many of `length` bytes from `offset` on are within the file. */
export function readableBytes(content: Content, offset: number, length: number): number {
  return Math.max(0, Math.min(offset + length, content.size) - offset);
}

/** Fills the target with the file's bytes from `offset` on, and with zeros past the end. */
export function readContentInto(
  content: Content,
  offset: number,
  target: Uint8Array,
  readTape: ReadTape,
): void {
  const end = offset + target.length;
  readTape.expect?.(spansOf(content, offset, end));
  // Pieces that stand one after another, in the file and on the tape, are read together.
  let start = offset;
  let held = 0;
  let heldAt = 0;
  const readHeld = (): void => {
    if (held > 0) readTape(heldAt as TapePosition, held, target, start - offset);
  };
  const read: PieceVisitor = (from, length, tape) => {
    if (from === start + held && tape === heldAt + held) {
      held += length;
      return;
    }
    readHeld();
    if (from > start + held) target.fill(0, start + held - offset, from - offset);
    [start, held, heldAt] = [from, length, tape];
  };
  for (let index = Math.floor(offset / blockBytes); index * blockBytes < end; index += 1) {
    const block = getAt<Block>(content.blocks, index);
    if (block !== undefined) eachPiece(block, read, offset, end);
  }
  readHeld();
  if (start + held < end) target.fill(0, start + held - offset);
}

/** Returns the spans of the tape with the file's bytes from `start` up to `end`. */
export function spansOf(content: Content, start = 0, end = content.size): TapeSpan[] {
  return Array.from(extentsOf(content, start, end)).flatMap(({ tape, length }) =>
    tape === "hole" ? [] : [{ start: tape, length }],
  );
}

/** Yields the byte ranges (start, end) with different pieces in the two contents; skips shared blocks unread. */
export function* changedRanges(
  before: Content,
  after: Content,
): Generator<readonly [number, number]> {
  for (const [index, left, right] of differences(before.blocks, after.blocks)) {
    if (left !== undefined && right !== undefined && sameBlock(left, right)) continue;
    const start = index * blockBytes;
    const stop = Math.min(start + blockBytes, Math.max(before.size, after.size));
    if (stop > start) yield [start, stop];
  }
  if (before.size !== after.size) {
    yield [Math.min(before.size, after.size), Math.max(before.size, after.size)];
  }
}

export function sameContent(before: Content, after: Content): boolean {
  return (
    before === after ||
    (before.size === after.size && changedRanges(before, after).next().done === true)
  );
}
