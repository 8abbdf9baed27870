import { type Encoding, type Hunk, lineEnds } from "../../history/index.ts";
import { editsOf } from "./hunk-edits.ts";

/** Bytes of one of two texts, from `start` to `end`, or bytes that a person typed. */
export type Piece =
  | { readonly from: "before" | "after"; readonly start: number; readonly end: number }
  | { readonly from: "typed"; readonly bytes: Uint8Array };

/** A hunk as the program made it, or with a person's text in the place of its lines. */
export interface TakenHunk {
  readonly hunk: Hunk;
  readonly typed?: Uint8Array;
}

/** Two versions of a text, and the encoding of each. */
export interface TextPair {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly encodings: readonly [Encoding, Encoding];
}

/**
 * Returns a text with some hunks of its change taken and the others not, as pieces in order: each line keeps its bytes
 * and its line end. Hunks may overlap only in lines that stay.
 */
export function composeText(
  { before, after, encodings }: TextPair,
  taken: readonly TakenHunk[],
): Piece[] {
  const old = lineStarts(before, encodings[0]);
  const fresh = lineStarts(after, encodings[1]);
  const pieces: Piece[] = [];
  let at = 0;
  const keep = (line: number): void => addPiece(pieces, "before", old(at), old(line));
  const ordered = taken.toSorted((one, other) => one.hunk.beforeStart - other.hunk.beforeStart);
  for (const { hunk, typed } of ordered) {
    if (typed !== undefined) {
      const start = hunk.beforeStart - 1;
      keep(start);
      if (typed.length > 0) pieces.push({ from: "typed", bytes: typed });
      at = start + hunk.beforeLines;
      continue;
    }
    for (const { beforeStart, beforeEnd, afterStart, afterEnd } of editsOf(hunk)) {
      keep(beforeStart);
      addPiece(pieces, "after", fresh(afterStart), fresh(afterEnd));
      at = beforeEnd;
    }
  }
  addPiece(pieces, "before", old(at), before.length);
  return pieces;
}

/** Returns the bytes that pieces stand for. */
export function bytesOf(
  pieces: readonly Piece[],
  { before, after }: Pick<TextPair, "before" | "after">,
): Uint8Array {
  return Buffer.concat(
    pieces.map((piece) =>
      piece.from === "typed"
        ? piece.bytes
        : (piece.from === "before" ? before : after).subarray(piece.start, piece.end),
    ),
  );
}

function addPiece(pieces: Piece[], from: "before" | "after", start: number, end: number): void {
  if (end > start) pieces.push({ from, start, end });
}

/** Returns a function that tells where a line begins, in bytes; for the line after the last, the text's end. */
function lineStarts(bytes: Uint8Array, encoding: Encoding): (line: number) => number {
  const ends = lineEnds(bytes, encoding);
  return (line) => (line <= 0 ? 0 : (ends[line - 1] ?? bytes.length));
}
