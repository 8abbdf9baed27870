import type { TapePosition } from "../../../journal/index.ts";

/**
 * The pieces in 64 KiB of a file, as alternating numbers: an offset in the file, and the position on the tape of the
 * bytes from there up to the next offset. Before the first offset and from the last one on there is a hole. Adjacent
 * pieces that are also adjacent on the tape are joined, so that equal blocks have equal numbers. A file that is
 * appended to alternately with others has a piece for each append; an object for each would take three times the
 * memory. Only this file reads the numbers.
 */
export type Block = readonly number[];
export type MutableBlock = number[];

/** `length` bytes of the file from `offset` on are on the tape at `tape`. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly tape: TapePosition;
}
export type PieceVisitor = (offset: number, length: number, tape: TapePosition) => void;

/** Stands for the position of a hole, whose bytes read as zeros. */
const nowhere = -1;

export function newBlock(start: number, end: number, tape: TapePosition): MutableBlock {
  return [start, tape, end, nowhere];
}

/** Maps start..end to the tape from `tape` on, over what was there. Returns by how many the mapped bytes grow. */
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

/** Makes everything from `start` on a hole; a block that is only a hole becomes empty. Returns the same as `put`. */
export function cut(block: MutableBlock, start: number): number {
  return replace(block, start, Infinity, nowhere);
}

/** Counts the mapped bytes in start..end; in the whole block by default. */
export function mappedIn(block: Block, start = 0, end = Infinity): number {
  let mapped = 0;
  eachPiece(block, (_, length) => void (mapped += length), start, end);
  return mapped;
}

/** Visits the pieces that overlap start..end in order, clipped to it; all pieces by default. */
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

/** Returns the same pieces as a list. */
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

/** Returns the index of the first offset beyond `offset`; past the end if there is none. */
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

/** Returns the tape position of `offset`, if the piece at the index reaches so far. */
function tapeAt(block: Block, index: number, offset: number): number {
  if (index < 0) return nowhere;
  return goneOn(block[index + 1] ?? nowhere, offset - offsetAt(block, index));
}

function goneOn(tape: number, length: number): number {
  return tape === nowhere ? nowhere : tape + length;
}
