import { diff3MergeRegions, diffComm } from "node-diff3";

import { isBinary } from "../../history/index.ts";

/** Larger texts are not merged: the cost may grow with the square of their lines. */
const mostBytes = 4 * 1024 * 1024;
const mostLines = 50_000;
/** Number of bytes in which zeros are looked for. */
const sampleBytes = 8_000;

/**
 * Merges two texts of one origin by lines, in any encoding. Returns undefined if one is no text, or too large, or if
 * both changed the same lines; with "markers" those lines stand in the result between `<<<<<<<` and `>>>>>>>`.
 */
export function mergeTexts(
  base: Uint8Array,
  { ours, theirs }: { readonly ours: Uint8Array; readonly theirs: Uint8Array },
  markers: "markers" | "none",
): Uint8Array | undefined {
  const texts = [base, ours, theirs];
  if (texts.some((bytes) => bytes.length > mostBytes || isBinary(bytes.subarray(0, sampleBytes))))
    return undefined;
  const [o = [], a = [], b = []] = texts.map(linesOf);
  if (Math.max(o.length, a.length, b.length) > mostLines) return undefined;
  const pieces = joined(diff3MergeRegions(a, o, b).flatMap(piecesOf));
  if (markers === "none" && pieces.some(({ kind }) => kind === "conflict")) return undefined;
  return Buffer.from(pieces.flatMap(linesIn).join(""), "latin1");
}

/**
 * Lines of the merged text, or each side's lines in their place. "stays": nobody changed them, or both sides did alike.
 */
type Piece =
  | { readonly kind: "stays" | "changed"; readonly lines: readonly string[] }
  | {
      readonly kind: "conflict";
      readonly ours: readonly string[];
      readonly theirs: readonly string[];
    };

type Region = ReturnType<typeof diff3MergeRegions<string>>[number];

/** Shrinks a conflict to the lines that differ: lines that both sides share stand between conflicts, as in git. */
function piecesOf(region: Region): Piece[] {
  if (region.stable)
    return [{ kind: region.buffer === "o" ? "stays" : "changed", lines: region.bufferContent }];
  const { aContent, bContent } = region;
  if (isSame(aContent, bContent)) return [{ kind: "changed", lines: aContent }];
  return diffComm(aContent, bContent).map(({ common, buffer1, buffer2 }) =>
    common === undefined
      ? { kind: "conflict", ours: buffer1, theirs: buffer2 }
      : { kind: "stays", lines: common },
  );
}

/**
 * Conflicts this many lines apart become one, as do those further apart without letters or digits between: as in git.
 */
const fewLines = 3;

function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const [before, between] = [result.at(-2), result.at(-1)];
    const isNear =
      piece.kind === "conflict" &&
      before?.kind === "conflict" &&
      between?.kind === "stays" &&
      (between.lines.length <= fewLines ||
        !between.lines.some((line) => /[\p{L}\p{N}]/u.test(line)));
    if (!isNear) {
      result.push(piece);
      continue;
    }
    result.splice(-2, 2, {
      kind: "conflict",
      ours: [...before.ours, ...between.lines, ...piece.ours],
      theirs: [...before.theirs, ...between.lines, ...piece.theirs],
    });
  }
  return result;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, index) => line === other[index]);
}

/** Splits into lines with their ends, each byte as one character: no encoding is lost. */
function linesOf(bytes: Uint8Array): string[] {
  return (
    Buffer.from(bytes)
      .toString("latin1")
      .match(/[^\n]*\n|[^\n]+$/g) ?? []
  );
}

function linesIn(piece: Piece): readonly string[] {
  if (piece.kind !== "conflict") return piece.lines;
  return [
    "<<<<<<< this machine\n",
    ...ended(piece.ours),
    "=======\n",
    ...ended(piece.theirs),
    ">>>>>>> the program\n",
  ];
}

function ended(lines: readonly string[]): readonly string[] {
  const last = lines.at(-1);
  return last === undefined || last.endsWith("\n") ? lines : [...lines, "\n"];
}
