import { type Printable, widthOf } from "../src/text/index.ts";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The text without its first `count` cells; half of a wide character becomes a space. */
export function dropCells(text: Printable, count: number): Printable {
  if (count <= 0) return text;
  let gone = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    if (gone >= count) return `${" ".repeat(gone - count)}${text.slice(index)}` as Printable;
    gone += widthOf(segment as Printable);
  }
  return "" as Printable;
}

/** Longest line that is shown. */
const longestLine = 10_000;

/** A line of a file, its tabs spread to columns of eight. */
export function expandTabs(line: string): string {
  const text = line.length > longestLine ? line.slice(0, longestLine).toWellFormed() : line;
  if (!text.includes("\t")) return text;
  let shown = "";
  for (const part of text.split(/(\t)/))
    shown += part === "\t" ? " ".repeat(8 - (shown.length % 8)) : part;
  return shown;
}
