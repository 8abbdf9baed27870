import type { Extent, TapePosition } from "../../../journal/index.ts";
import type { UnchangedPiece } from "./unchanged-pieces.ts";

/** Bytes of a file, and their place on the tape. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly tape: TapePosition;
}

/**
 * A piece, and its place in the file at a save: after the save if the save wrote it, before it if the save left it
 * alone.
 */
export interface Own {
  readonly piece: Piece;
  readonly at: number;
}

/** Returns the part of a piece from one of its bytes up to another. */
export function part({ offset, tape }: Piece, start: number, end: number): Piece {
  return { offset: offset + start, length: end - start, tape: (tape + start) as TapePosition };
}

/** Removes the pieces within these extents and returns them; both are in the order of the tape. */
export function takeOwn(
  pieces: readonly Piece[],
  extents: readonly Extent[],
): { readonly own: Own[]; readonly others: Piece[] } {
  const own: Own[] = [];
  const others: Piece[] = [];
  const waiting = [...pieces];
  let at = extents.length - 1;
  for (let top = waiting.pop(); top !== undefined; top = waiting.pop()) {
    const end = top.tape + top.length;
    let extent = extents[at];
    while (extent !== undefined && (extent.tape === "hole" || extent.tape >= end)) {
      at -= 1;
      extent = extents[at];
    }
    if (extent === undefined || extent.tape === "hole") {
      others.push(top);
      continue;
    }
    const stop = Math.min(end, extent.tape + extent.length);
    const start = stop < end ? Math.max(top.tape, stop) : Math.max(top.tape, extent.tape);
    const piece = part(top, start - top.tape, top.length);
    if (stop < end) others.push(piece);
    else own.push({ piece, at: extent.offset + start - extent.tape });
    if (start > top.tape) waiting.push(part(top, 0, start - top.tape));
  }
  return { own: own.reverse(), others: others.reverse() };
}

/** Separates the pieces at a save: those that the save brought, and those that it left alone, in their older places. */
export function stepBack(
  own: readonly Own[],
  unchanged: readonly UnchangedPiece[],
  before: readonly Extent[],
): { readonly brought: Piece[]; readonly older: Own[] } {
  const brought: Piece[] = [];
  const older: Own[] = [];
  let next = 0;
  let extent = 0;
  for (const { piece, at } of own) {
    const bring = (from: number, to: number): void =>
      void brought.push(part(piece, from - at, to - at));
    const end = at + piece.length;
    for (let place = at; place < end;) {
      while (endOf(unchanged[next]) <= place) next += 1;
      const one = unchanged[next];
      const start = Math.min(end, one?.at ?? end);
      if (start > place) bring(place, start);
      place = Math.max(place, start);
      if (one === undefined) break;
      const stop = Math.min(end, one.at + one.length);
      while (place < stop) {
        const from = one.from + place - one.at;
        while (stopOf(before[extent]) <= from) extent += 1;
        const was = before[extent];
        const length = Math.min(stop - place, stopOf(was) - from);
        if (was === undefined || was.tape === "hole") bring(place, place + length);
        else {
          const tape = (was.tape + from - was.offset) as TapePosition;
          const offset = piece.offset + place - at;
          older.push({ piece: { offset, length, tape }, at: from });
        }
        place += length;
      }
    }
  }
  return { brought, older };
}

function endOf(unchanged: UnchangedPiece | undefined): number {
  return unchanged === undefined ? Number.POSITIVE_INFINITY : unchanged.at + unchanged.length;
}

function stopOf(extent: Extent | undefined): number {
  return extent === undefined ? Number.POSITIVE_INFINITY : extent.offset + extent.length;
}
