import { type MergeRegion, diff3Merge } from "node-diff3";

import { isBinary } from "../../history/index.ts";

/** Larger texts are not merged: what it costs may grow with the square of their lines. */
const mostBytes = 4 * 1024 * 1024;
const mostLines = 50_000;
/** Zeros are looked for in so many bytes. */
const sampleBytes = 8_000;

/**
 * Merges two texts that came from one, by lines, whatever their encoding. Undefined where one is no text, or is too large,
 * or where both changed the same lines; with "markers" those stand in the result between `<<<<<<<` and `>>>>>>>`.
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
  const regions = diff3Merge(a, o, b, { excludeFalseConflicts: true });
  if (markers === "none" && regions.some(({ conflict }) => conflict !== undefined))
    return undefined;
  return Buffer.from(regions.flatMap(linesIn).join(""), "latin1");
}

/** With their ends, each byte as one character: no encoding is lost. */
function linesOf(bytes: Uint8Array): string[] {
  return (
    Buffer.from(bytes)
      .toString("latin1")
      .match(/[^\n]*\n|[^\n]+$/g) ?? []
  );
}

function linesIn({ ok, conflict }: MergeRegion<string>): readonly string[] {
  if (conflict === undefined) return ok ?? [];
  return [
    "<<<<<<< this machine\n",
    ...ended(conflict.a),
    "=======\n",
    ...ended(conflict.b),
    ">>>>>>> the program\n",
  ];
}

function ended(lines: readonly string[]): readonly string[] {
  const last = lines.at(-1);
  return last === undefined || last.endsWith("\n") ? lines : [...lines, "\n"];
}
