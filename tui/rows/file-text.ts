import type { Seq } from "../../journal/index.ts";
import type { File } from "../../src/fs/index.ts";
import {
  type Encoding,
  type Span as Written,
  decodeLine,
  redactedRanges,
} from "../../src/history/index.ts";
import { type Printable, formatBytes, words, phrase } from "../../src/text/index.ts";
import { expandTabs } from "../draw/cells.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import type { BytesPerRow } from "../draw/hex-rows.ts";
import { type Line, span } from "../draw/line.ts";
import type { LineIndex } from "../recording/line-index.ts";
import { type BlameBy, type Recording, touching } from "../recording/recording.ts";
import type { Edits } from "../state/state.ts";
import { type RowTarget, type Rows, message } from "../draw/rows.ts";

/** Selects a path at a moment, as text or as bytes. */
export interface ContentView {
  readonly path: string;
  readonly at: Seq;
  readonly form: "text" | "bytes";
  readonly perRow: BytesPerRow;
  /** Cells of a row. */
  readonly columns: number;
  /** Unit of a line's authorship: through saves that left it alone, or single events. */
  readonly edits?: Edits;
}

/** Says that a file does not exist at a moment, and how to reach one where it does. */
export function absent(recording: Recording, { path, at }: ContentView, title: Line): Rows {
  const next = touching(recording, path, at, "after");
  return message(
    [title, []],
    [
      [span(words("Nothing is here at this moment."))],
      [
        span(
          next === undefined
            ? words("H goes to its last event.")
            : phrase`L goes to its next event, ${seqText(next)}.`,
          "dim",
        ),
      ],
    ],
  );
}

/** The lines of a file that is a text, as far as they are known. */
export type Text = LineIndex & { readonly encoding: Encoding };

/** Returns undefined for contents that are no text. */
export function textOf(recording: Recording, file: File): Text | undefined {
  const lines = recording.lines(file);
  return isText(lines) ? lines : undefined;
}

function isText(lines: LineIndex): lines is Text {
  return lines.encoding !== undefined;
}

/** Returns the cells for line numbers: of a text that is not known yet, as many as it may come to need. */
export function digitsOf({ count, known, size }: Text): number {
  const expected = known === 0 ? count : Math.ceil((count * size) / known);
  return String(expected).length;
}

/** Tells how much of a text is known, if that is not all. */
export function untoldOf(text: Text): Printable {
  if (text.known >= text.size) return words("");
  const known = phrase`the first ${formatBytes(text.known)} of ${formatBytes(text.size)}`;
  return text.isOpen ? phrase`, ${known} so far` : phrase`, ${known}; x shows all bytes`;
}

/** Returns a line for display: without its newline, with its tabs spread. */
export function lineText(text: Text, row: number, glyphs: Glyphs): Printable {
  const { encoding } = text;
  const length = text.start(row + 1) - text.start(row);
  const line = text.bytes(row, mostOfLine);
  const cut = line.length < length ? characterStart(line) : line.length;
  const decoded = decodeLine(line.subarray(0, cut), encoding);
  // The byte order mark of UTF-16 is not part of the text.
  const shown = row === 0 && encoding.startsWith("utf-16") ? decoded.slice(1) : decoded;
  return glyphs.guest(expandTabs(shown.replace(/\n$/, "")));
}

/** Bytes of a line that are shown. */
const mostOfLine = 40_000;

/** Returns the start of the last UTF-8 character, which may be cut off. */
function characterStart(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  while (at > bytes.length - 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  return at;
}

/** Builds the second header line of a file. */
export function factsOf(recording: Recording, { path, at }: ContentView, file: File): Line {
  const last = touching(recording, path, at, "up to");
  const redacted = redactedRanges(recording.journal, file).reduce(
    (sum, { start, end }) => sum + end - start,
    0,
  );
  return [
    span(words("size "), "dim"),
    span(phrase`${formatBytes(file.content.size)}  `),
    ...(redacted === 0 ? [] : [span(phrase`[redacted] ${formatBytes(redacted)}  `, "warning")]),
    span(last === undefined ? words("") : phrase`last event ${seqText(last)}`, "dim"),
  ];
}

/** Says how authorship is computed for a view. */
export function blameBy({ form, edits = "saves" }: ContentView): BlameBy {
  if (edits === "events") return "events";
  return form === "text" ? "lines" : "bytes";
}

/** Returns the latest event that wrote any of these bytes. */
export function writerOf(
  written: readonly Written[],
  start: number,
  end: number,
): RowTarget | undefined {
  const seq = latest(written, start, end)?.seq;
  return seq === undefined ? undefined : { kind: "moment", seq };
}

/** Finds it among spans in order and without gaps, looking only at those that meet the range. */
export function latest(
  written: readonly Written[],
  start: number,
  end: number,
): Written | undefined {
  let low = 0;
  let high = written.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((written[middle]?.end ?? 0) <= start) low = middle + 1;
    else high = middle;
  }
  let found: Written | undefined;
  for (let at = low; at < written.length; at += 1) {
    const one = written[at];
    if (one === undefined || one.start >= Math.max(end, start + 1)) break;
    if (found === undefined || one.seq > found.seq) found = one;
  }
  return found;
}
