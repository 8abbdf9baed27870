import type { Seq } from "../../journal/index.ts";
import type { File } from "../../src/fs/index.ts";
import {
  type Encoding,
  type Span as Written,
  decodeLine,
  encodingOf,
  lineEnds,
  redactedRanges,
} from "../../src/history/index.ts";
import { type Printable, formatBytes, words, phrase } from "../../src/text/index.ts";
import { expandTabs } from "../draw/cells.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import type { BytesPerRow } from "../draw/hex-rows.ts";
import { type Line, span } from "../draw/line.ts";
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

/** Bytes of a file that are shown as text; as bytes the whole file is shown. */
export const mostText = 1024 * 1024;

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

/** The text of a file, and where its lines start; the last entry is the end. */
export interface Text {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding;
  readonly starts: readonly number[];
}

/** Returns undefined for contents that are no text: they contain a NUL, and are not UTF-16. */
export function textOf(recording: Recording, file: File): Text | undefined {
  const read = recording.bytes(file, 0, Math.min(file.content.size, mostText));
  const bytes = read.length < file.content.size ? wholeLines(read) : read;
  const encoding = encodingOf(bytes);
  if (encoding === undefined) return undefined;
  if (!encoding.startsWith("utf-16") && bytes.includes(0)) return undefined;
  return { bytes, encoding, starts: [0, ...lineEnds(bytes, encoding)] };
}

/** Drops a last line that was cut off, perhaps within a character. */
function wholeLines(bytes: Uint8Array): Uint8Array {
  const end = bytes.lastIndexOf(10) + 1;
  if (end === 0) return bytes;
  return bytes.subarray(0, end % 2 === 1 && bytes[end] === 0 ? end + 1 : end);
}

/** Returns a line for display: without its newline, with its tabs spread. */
export function lineText(
  { bytes, encoding, starts }: Text,
  row: number,
  glyphs: Glyphs,
): Printable {
  const start = starts[row] ?? 0;
  const end = starts[row + 1] ?? start;
  const line = bytes.subarray(start, Math.min(end, start + mostOfLine));
  const cut = start + mostOfLine < end ? characterStart(line) : line.length;
  const text = decodeLine(line.subarray(0, cut), encoding);
  // The byte order mark of UTF-16 is not part of the text.
  const shown = row === 0 && encoding.startsWith("utf-16") ? text.slice(1) : text;
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
