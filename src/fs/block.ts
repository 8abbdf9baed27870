import type { TapePosition } from "../../journal/index.ts";

/**
 * What 64 KiB of a file hold, as numbers in turn: an offset in the file, and where on the tape the bytes from there on
 * stand, up to the next offset. Nothing stands before the first and from the last on. Two pieces of which one goes on
 * where the other ends, in the file and on the tape, are one: so equal blocks are equal numbers. A file that is written
 * in turn with others has a piece for each append, and an object each would take more than three times the memory. Only
 * this file looks inside.
 */
export type Block = readonly number[];
export type MutableBlock = number[];

/** `length` bytes of the file from `offset` on stand on the tape at `tape`. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly tape: TapePosition;
}
export type PieceVisitor = (offset: number, length: number, tape: TapePosition) => void;

/** Where bytes stand that are not on the tape, and read as zeros. */
const nowhere = -1;

export function newBlock(start: number, end: number, tape: TapePosition): MutableBlock {
  return [start, tape, end, nowhere];
}

/** Puts the tape from `tape` on at start..end; what stood there is covered. Returns how many bytes more are mapped now. */
export function put(block: MutableBlock, start: number, end: number, tape: TapePosition): number {
  const last = block.length - 2;
  if (offsetAt(block, last) > start) return replace(block, start, end, tape);
  if (offsetAt(block, last) < start) block.push(start, tape, end, nowhere);
  else if (tapeAt(block, last - 2, start) === tape) block[last] = end;
  else {
    block[last + 1] = tape;
    block.push(end, nowhere);
  }
  return end - start;
}

/** Makes a hole of all from `start` on; a block that holds nothing is empty then. Returns as `put` does. */
export function cut(block: MutableBlock, start: number): number {
  return replace(block, start, Infinity, nowhere);
}

/** How many of the bytes start..end are mapped; of all of them unless told. */
export function mappedIn(block: Block, start = 0, end = Infinity): number {
  let mapped = 0;
  eachPiece(block, (_, length) => void (mapped += length), start, end);
  return mapped;
}

/** Visits the pieces that meet start..end in order, clipped to it; all of them unless told. */
export function eachPiece(block: Block, visit: PieceVisitor, start = 0, end = Infinity): void {
  if (start >= end) return;
  let index = Math.max(0, indexAfter(block, start) - 2);
  for (let at = offsetAt(block, index); at < end; index += 2) {
    const next = offsetAt(block, index + 2);
    const offset = Math.max(at, start);
    const tape = goneOn(block[index + 1] ?? nowhere, offset - at);
    if (tape !== nowhere) visit(offset, Math.min(next, end) - offset, tape as TapePosition);
    at = next;
  }
}

/** The same pieces at once. */
export function piecesIn(block: Block, start: number, end: number): Piece[] {
  const pieces: Piece[] = [];
  const keep: PieceVisitor = (offset, length, tape) => void pieces.push({ offset, length, tape });
  eachPiece(block, keep, start, end);
  return pieces;
}

export function sameBlock(left: Block, right: Block): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

function replace(block: MutableBlock, start: number, end: number, tape: number): number {
  const first = indexAfter(block, start - 1);
  const next = indexAfter(block, end);
  const after = tapeAt(block, next - 2, end);
  const covered = mappedIn(block, start, end);
  const added: number[] = [];
  if (tapeAt(block, first - 2, start) !== tape) added.push(start, tape);
  if (goneOn(tape, end - start) !== after) added.push(end, after);
  block.splice(first, next - first, ...added);
  return (tape === nowhere ? 0 : end - start) - covered;
}

/** Index of the first offset in the block beyond `offset`; past the end where there is none. */
function indexAfter(block: Block, offset: number): number {
  let low = 0;
  let high = block.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (offsetAt(block, 2 * middle) <= offset) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

function offsetAt(block: Block, index: number): number {
  return block[index] ?? Infinity;
}

/** Where `offset` stands, or would stand if what begins at the index went on as far. */
function tapeAt(block: Block, index: number, offset: number): number {
  if (index < 0) return nowhere;
  return goneOn(block[index + 1] ?? nowhere, offset - offsetAt(block, index));
}

function goneOn(tape: number, length: number): number {
  return tape === nowhere ? nowhere : tape + length;
}
