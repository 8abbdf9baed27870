import type { TapePosition } from "../format/event.ts";
import type { TapeSpan } from "../format/redaction.ts";
import type { CatalogPiece } from "./catalog.ts";
import { mostAhead, packOf, partOf, type Reach, requireDigest, type Wanted } from "./wanted.ts";

/**
 * Returns a function that brings pieces of the tape with these bytes, and more of those that follow where they are read
 * one after another. It throws JournalError.
 */
export function openTapePieces({
  catalog,
  fetch,
  sparse,
}: Reach): (spans: readonly TapeSpan[]) => void {
  /** The byte of the tape after the last that was fetched, and the bytes to fetch next if it is asked for. */
  let [nextByte, bytesAhead] = [-1, 0];

  return (spans: readonly TapeSpan[]): void => {
    const lacking = lackingPieces(spans);
    const [first] = lacking;
    if (first === undefined) return;
    bytesAhead =
      first.piece.start === nextByte ? Math.min(bytesAhead * 2 + 1024 * 1024, mostAhead) : 0;
    const last = lacking.at(-1)?.piece ?? first.piece;
    const end = last.start + last.length;
    const pieces =
      bytesAhead === 0
        ? lacking
        : [...lacking, ...lackingPieces([{ start: end as TapePosition, length: bytesAhead }])];
    const next = pieces.at(-1)?.piece ?? last;
    nextByte = next.start + next.length;
    fetch([
      ...catalog()
        .digestsOf(pieces)
        .map(({ place, put }) => partOf(place, put)),
      ...pieces.map(({ pack, piece, index }): Wanted => ({
        ranges: [{ object: packOf(pack), start: piece.at, length: piece.stored }],
        put(bytes) {
          requireDigest(bytes, catalog().digestOf(pack, index));
          const { start: from, length, coding, crc } = piece;
          sparse.putPiece({ start: from, length, coding, crc, bytes });
        },
      })),
    ]);
  };

  /** Returns the pieces of the tape that have a byte of these spans and are not here, in order. */
  function lackingPieces(spans: readonly TapeSpan[]): CatalogPiece[] {
    const found = new Map<number, CatalogPiece>();
    for (const { start, length } of spans)
      for (const one of catalog().piecesIn(start, start + length)) found.set(one.piece.start, one);
    return [...found.values()]
      .filter(({ piece }) => !sparse.hasPiece(piece.start, piece.length))
      .toSorted((one, other) => one.piece.start - other.piece.start);
  }
}
