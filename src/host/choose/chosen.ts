import type { Extent, TapePosition } from "../../../journal/index.ts";
import { type Content, type File, type Inode, extentsOf } from "../../fs/index.ts";
import { type ReadTape, diffContent, readRange } from "../../history/index.ts";
import { type Piece, type TakenHunk, type TextPair, composeText } from "./compose.ts";
import { editsOf } from "./hunk-edits.ts";
import type { Choice, Part } from "./offer.ts";

/** A file taken in part: neither the earlier version nor the program's. */
export interface PartFile {
  readonly before: File;
  readonly after: File;
  readonly pieces: readonly Piece[];
  readonly mode: number | undefined;
}

/** Returns the result of a choice at its path: nothing of the change is taken, or all, or a part of a file. */
export function resultOf(
  { offer, taken }: Choice,
  readTape: ReadTape,
): "nothing" | "whole" | PartFile {
  const { parts, change } = offer;
  const needsFirst = parts[0]?.kind === "rename";
  if (needsFirst && !taken.some(({ kind }) => kind === "rename")) return "nothing";
  // Entries of a renamed directory move with it, unchanged.
  if (taken.length === 0 && offer.within === undefined) return "nothing";
  if (taken.every(isAsMade) && countOf(taken) === countOf(parts)) return "whole";
  const { before, after } = change;
  if (before?.type !== "file" || after?.type !== "file") return "nothing";
  const isModeLeft =
    parts.some(({ kind }) => kind === "mode") && !taken.some(({ kind }) => kind === "mode");
  const mode = isModeLeft ? before.mode : after.mode;
  return { before, after, mode, pieces: piecesOf(before, after, { parts, taken }, readTape) };
}

function isAsMade(part: Part): boolean {
  return part.kind !== "hunk" || part.typed === undefined;
}

/** Counts the parts that can be taken: of a hunk its edits, however it is split. */
function countOf(parts: readonly Part[]): number {
  return parts.reduce(
    (sum, part) => sum + (part.kind === "hunk" ? editsOf(part.hunk).length : 1),
    0,
  );
}

function piecesOf(
  before: File,
  after: File,
  { parts, taken }: { readonly parts: readonly Part[]; readonly taken: readonly Part[] },
  readTape: ReadTape,
): readonly Piece[] {
  if (!parts.some(({ kind }) => kind === "hunk")) {
    const isTaken = taken.some(({ kind }) => kind === "content");
    const from = isTaken ? "after" : "before";
    return [{ from, start: 0, end: (isTaken ? after : before).content.size }];
  }
  const hunks = taken.flatMap((part): TakenHunk[] => (part.kind === "hunk" ? [part] : []));
  const pair = textsOf(before, after, readTape);
  if (pair === undefined) throw new Error("a change with hunks is no text");
  return composeText(pair, hunks);
}

/** Returns two versions of a text; undefined if either is no text, or too large to be compared by lines. */
export function textsOf(
  before: Inode | undefined,
  after: Inode | undefined,
  readTape: ReadTape,
): TextPair | undefined {
  const diff = diffContent(before, after, readTape);
  if (diff.kind !== "text" || before?.type !== "file" || after?.type !== "file") return undefined;
  const { encodings } = diff;
  return { before: readRange(before, readTape), after: readRange(after, readTape), encodings };
}

/** Returns the extents of a part of a file; bytes that a person typed are on the tape from `typed` on. */
export function extentsOfPart(
  { before, after, pieces }: PartFile,
  typed: TapePosition,
): { readonly size: number; readonly extents: Extent[] } {
  const extents: Extent[] = [];
  let [size, written] = [0, 0];
  for (const piece of pieces) {
    if (piece.from === "typed") {
      const { length } = piece.bytes;
      extents.push({ offset: size, length, tape: (typed + written) as TapePosition });
      written += length;
      size += length;
      continue;
    }
    const { start, end } = piece;
    const content: Content = (piece.from === "before" ? before : after).content;
    for (const extent of extentsOf(content, start, end))
      extents.push({ ...extent, offset: size + extent.offset - start });
    size += end - start;
  }
  return { size, extents: extents.filter(({ tape }) => tape !== "hole") };
}

/** Returns the bytes that a person typed, one piece after another. */
export function typedBytes({ pieces }: PartFile): Uint8Array {
  return Buffer.concat(pieces.flatMap((piece) => (piece.from === "typed" ? [piece.bytes] : [])));
}
