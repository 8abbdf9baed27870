import { isDraft } from "immer";

import type { Extent, TapePosition } from "../../journal/index.ts";
import {
  type MutableTable,
  type Table,
  copyBetween,
  deleteAt,
  deleteFrom,
  differences,
  emptyTable,
  entriesOf,
  getAt,
  setAt,
} from "./table.ts";

/**
 * What a file holds: pieces of the tape, in blocks of 64 KiB. What no piece covers reads as zeros. An overwrite copies
 * one block's short list, and equal blocks of two versions are the same object. A class, because immer takes instances
 * as plain values: drafts of all that lies below would cost more than the change. See `contentToChange`.
 */
export class Content {
  /** Only its constructor makes one. */
  declare readonly [made]: true;
  readonly size: number;
  /** Bytes that lie on the tape. */
  readonly mapped: number;
  readonly blocks: Table<Block>;

  constructor(size: number, mapped: number, blocks: Table<Block>) {
    this.size = size;
    this.mapped = mapped;
    this.blocks = blocks;
  }
}

/** The pieces of one block in order, none overlapping, none crossing the block's edge. */
export type Block = readonly Piece[];

/** `length` bytes of the file from `offset` on stand on the tape at `tape`. */
export class Piece {
  readonly offset: number;
  readonly length: number;
  readonly tape: TapePosition;

  constructor(offset: number, length: number, tape: TapePosition) {
    this.offset = offset;
    this.length = length;
    this.tape = tape;
  }
}

export interface MutableContent {
  readonly [made]: true;
  size: number;
  mapped: number;
  blocks: MutableTable<MutableBlock>;
}
export type MutableBlock = Piece[];
declare const made: unique symbol;

export const blockBytes = 64 * 1024;

export function emptyContent(): MutableContent {
  return new Content(0, 0, emptyTable<MutableBlock>()) as MutableContent;
}

/**
 * The content of a file, to be changed by `cover` or `resize` where bytes from `first` to `last` stand. What a draft has
 * may belong to other states: it is given a copy, which shares all other blocks.
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

/** Puts `length` bytes at `offset`; what stood there is covered. Returns how many bytes more are mapped now. */
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
    const piece = new Piece(at, stop - at, (tape + (at - offset)) as TapePosition);
    const block = getAt(content.blocks, index) as MutableBlock | undefined;
    if (block === undefined) {
      setAt(content.blocks, index, [piece]);
      content.mapped += piece.length;
    } else {
      content.mapped += insert(block, piece);
    }
    at = stop;
  }
  if (end > content.size) content.size = end;
  return content.mapped - before;
}

/** Cuts or grows; growth is a hole. Returns how many bytes more are mapped now (never above 0). */
export function resize(content: MutableContent, size: number): number {
  const before = content.mapped;
  if (size < content.size) {
    const index = Math.floor(size / blockBytes);
    for (const [, block] of entriesOf<Block>(content.blocks, index))
      content.mapped -= mappedIn(block, size);
    deleteFrom(content.blocks, index + 1);
    const block = getAt(content.blocks, index) as MutableBlock | undefined;
    if (block !== undefined) {
      carve(block, size, Number.POSITIVE_INFINITY);
      if (block.length === 0) deleteAt(content.blocks, index);
    }
  }
  content.size = size;
  return content.mapped - before;
}

/** The content made of these extents; holes among them are skipped. */
export function contentFrom(size: number, extents: readonly Extent[]): MutableContent {
  const content = emptyContent();
  for (const { offset, length, tape } of extents)
    if (tape !== "hole") cover(content, offset, length, tape);
  content.size = size;
  return content;
}

/** The file from `start` to `end` (clipped to its size) as extents in order, holes included, neighbours merged. */
export function* extentsOf(content: Content, start = 0, end = content.size): Generator<Extent> {
  const stop = Math.min(end, content.size);
  let at = start;
  let held: { offset: number; length: number; tape: TapePosition } | undefined;
  for (const piece of piecesOf(content, start, stop)) {
    if (
      held !== undefined &&
      held.offset + held.length === piece.offset &&
      held.tape + held.length === piece.tape
    ) {
      held.length += piece.length;
    } else {
      if (held !== undefined) yield held;
      if (piece.offset > at) yield { offset: at, length: piece.offset - at, tape: "hole" };
      held = { offset: piece.offset, length: piece.length, tape: piece.tape };
    }
    at = piece.offset + piece.length;
  }
  if (held !== undefined) yield held;
  if (at < stop) yield { offset: at, length: stop - at, tape: "hole" };
}

/** Reads from the tape: JournalError when the bytes are not there. */
export type ReadTape = (
  position: TapePosition,
  length: number,
  target: Uint8Array,
  at?: number,
) => void;

/** At most `length` bytes from `offset` on; fewer at the end of the file, none past it. */
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

/** How many of `length` bytes from `offset` on there are. */
export function readableBytes(content: Content, offset: number, length: number): number {
  return Math.max(0, Math.min(offset + length, content.size) - offset);
}

/** Fills the target with what the file holds from `offset` on, and with zeros past its end. */
export function readContentInto(
  content: Content,
  offset: number,
  target: Uint8Array,
  readTape: ReadTape,
): void {
  const end = offset + target.length;
  let at = offset;
  for (let index = Math.floor(at / blockBytes); index * blockBytes < end; index += 1) {
    const block = getAt<Block>(content.blocks, index) ?? [];
    for (let next = firstEndingAfter(block, at); next < block.length; next += 1) {
      const piece = block[next];
      if (piece === undefined || piece.offset >= end) break;
      if (piece.offset > at) target.fill(0, at - offset, piece.offset - offset);
      const from = Math.max(piece.offset, at);
      const stop = Math.min(piece.offset + piece.length, end);
      const tape = (piece.tape + (from - piece.offset)) as TapePosition;
      readTape(tape, stop - from, target, from - offset);
      at = stop;
    }
  }
  if (at < end) target.fill(0, at - offset);
}

/** Byte ranges (start, end) where the two contents do not hold the same pieces; shared blocks are skipped unread. */
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

/** Pieces that meet start..end, clipped to it. */
function* piecesOf(content: Content, start: number, end: number): Generator<Piece> {
  const first = Math.floor(start / blockBytes);
  const last = Math.floor((end - 1) / blockBytes);
  for (const [index, block] of entriesOf(content.blocks, first)) {
    if (index > last) return;
    for (
      let at = index === first ? firstEndingAfter(block, start) : 0;
      at < block.length;
      at += 1
    ) {
      const piece = block[at];
      if (piece === undefined || piece.offset >= end) break;
      yield clip(piece, start, end);
    }
  }
}

function clip(piece: Piece, start: number, end: number): Piece {
  const from = Math.max(piece.offset, start);
  const to = Math.min(piece.offset + piece.length, end);
  if (from === piece.offset && to - from === piece.length) return piece;
  return new Piece(from, to - from, (piece.tape + (from - piece.offset)) as TapePosition);
}

/** Covers part of a block, joining the piece before where file and tape both go on. Returns the change in mapped bytes. */
function insert(block: MutableBlock, piece: Piece): number {
  const last = block[block.length - 1];
  const appends = last === undefined || last.offset + last.length <= piece.offset;
  const covered = appends ? 0 : carve(block, piece.offset, piece.offset + piece.length);
  const at = appends ? block.length : firstEndingAfter(block, piece.offset);
  const before = block[at - 1];
  if (
    before !== undefined &&
    before.offset + before.length === piece.offset &&
    before.tape + before.length === piece.tape
  ) {
    block[at - 1] = new Piece(before.offset, before.length + piece.length, before.tape);
  } else {
    block.splice(at, 0, piece);
  }
  return piece.length - covered;
}

/** Removes start..end from a block, splitting what reaches over the edges. Returns how many mapped bytes went. */
function carve(block: MutableBlock, start: number, end: number): number {
  const first = firstEndingAfter(block, start);
  let stop = first;
  let gone = 0;
  const rest: Piece[] = [];
  for (let piece = block[stop]; piece !== undefined && piece.offset < end; piece = block[stop]) {
    const pieceEnd = piece.offset + piece.length;
    if (piece.offset < start) rest.push(clip(piece, piece.offset, start));
    if (pieceEnd > end) rest.push(clip(piece, end, pieceEnd));
    gone += Math.min(pieceEnd, end) - Math.max(piece.offset, start);
    stop += 1;
  }
  if (stop > first) block.splice(first, stop - first, ...rest);
  return gone;
}

function mappedIn(block: Block, start: number): number {
  let mapped = 0;
  for (const piece of block)
    mapped += Math.max(0, piece.offset + piece.length - Math.max(piece.offset, start));
  return mapped;
}

/** Index of the first piece that ends after `offset`. */
function firstEndingAfter(block: Block, offset: number): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const piece = block[middle];
    if (piece !== undefined && piece.offset + piece.length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sameBlock(left: Block, right: Block): boolean {
  return (
    left.length === right.length &&
    left.every((piece, index) => {
      const other = right[index];
      return (
        piece.offset === other?.offset && piece.length === other.length && piece.tape === other.tape
      );
    })
  );
}
