import { type Encoding, type Hunk, lineEnds } from "../../history/index.ts";
import { editsOf } from "./hunk-edits.ts";

/** Bytes of one of two texts, from `start` to `end`, or bytes that a person wrote. */
export type Piece =
  | { readonly from: "before" | "after"; readonly start: number; readonly end: number }
  | { readonly from: "typed"; readonly bytes: Uint8Array };

/** A hunk as the program made it, or with what a person wrote in the place of its lines. */
export interface TakenHunk {
  readonly hunk: Hunk;
  readonly typed?: Uint8Array;
}

/** Two versions of a text, and how each is read. */
export interface TextPair {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly encodings: readonly [Encoding, Encoding];
}

/**
 * Returns what a text becomes when some hunks of its change are taken and the others are not, as pieces in their order:
 * each line keeps its bytes and its end. The hunks must not overlap but in lines that stay.
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

/** Tells where each line begins, in bytes; of the line behind the last, where the text ends. */
function lineStarts(bytes: Uint8Array, encoding: Encoding): (line: number) => number {
  const ends = lineEnds(bytes, encoding);
  return (line) => (line <= 0 ? 0 : (ends[line - 1] ?? bytes.length));
}
