import {
  joined,
  type Printable,
  truncateFront,
  widthOf,
  words,
  repeated,
} from "../../src/text/index.ts";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Removes the first `count` cells of a text; half of a wide character becomes a space. */
export function dropCells(text: Printable, count: number): Printable {
  if (count <= 0) return text;
  let gone = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    if (gone >= count)
      return joined([repeated(words(" "), gone - count), text.slice(index) as Printable], "");
    gone += widthOf(segment as Printable);
  }
  return words("");
}

/** Longest line that is shown. */
const longestLine = 10_000;

/** Spreads a line's tabs to columns of eight. */
export function expandTabs(line: string): string {
  const text = line.length > longestLine ? line.slice(0, longestLine).toWellFormed() : line;
  if (!text.includes("\t")) return text;
  let shown = "";
  for (const part of text.split(/(\t)/))
    shown += part === "\t" ? " ".repeat(8 - (shown.length % 8)) : part;
  return shown;
}

/**
 * Shortens a path to the room: it loses directories from its front, and a part of its last name only if that alone is
 * too long.
 */
export function shortPath(path: Printable, room: number, cut: Printable): Printable {
  if (widthOf(path) <= room) return path;
  for (let slash = path.indexOf("/", 1); slash > 0; slash = path.indexOf("/", slash + 1)) {
    const rest = `${cut}${path.slice(slash)}` as Printable;
    if (widthOf(rest) <= room) return rest;
  }
  return truncateFront(path, Math.max(0, room), cut);
}

/** Shortens both paths of a rename to the room: the new name matters more. */
export function shortRename(
  from: Printable,
  path: Printable,
  room: number,
  { cut, to }: { readonly cut: Printable; readonly to: Printable },
): Printable {
  const arrow = joined([words(""), to, words("")]);
  const free = room - widthOf(arrow);
  const wanted = Math.max(free - widthOf(from), Math.ceil((free * 2) / 3));
  const after = shortPath(path, Math.min(free, wanted), cut);
  return joined([shortPath(from, free - widthOf(after), cut), to, after]);
}

/** Breaks text at spaces; a word that is longer than a line is cut. */
export function wrapped(text: Printable, width: number): Printable[] {
  const lines: Printable[] = [];
  let line = words("");
  for (const word of text.split(" ") as Printable[]) {
    const longer = line === "" ? word : joined([line, word]);
    if (widthOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
  }
  return [...lines, line];
}
