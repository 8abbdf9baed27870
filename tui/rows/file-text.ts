import type { Seq } from "../../journal/index.ts";
import type { File } from "../../src/fs/index.ts";
import { type Span as Written, redactedRanges } from "../../src/history/index.ts";
import {
  type Printable,
  formatBytes,
  printableBytes,
  words,
  phrase,
} from "../../src/text/index.ts";
import { expandTabs } from "../draw/cells.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import type { BytesPerRow } from "../draw/hex-rows.ts";
import { type Line, span } from "../draw/line.ts";
import { type Recording, touching } from "../recording/recording.ts";
import { type RowTarget, type Rows, message } from "../draw/rows.ts";

/** A path at a moment, as text or as bytes. */
export interface ContentView {
  readonly path: string;
  readonly at: Seq;
  readonly form: "text" | "bytes";
  readonly perRow: BytesPerRow;
}

/** Bytes of a file that are shown as text; all of it is shown as bytes. */
export const mostText = 1024 * 1024;

/** Stands for a file that is not there at a moment, with the way to one where it is. */
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
  readonly starts: readonly number[];
}

/** Undefined for what is no text: a NUL in it says so. */
export function textOf(recording: Recording, file: File): Text | undefined {
  const bytes = recording.bytes(file, 0, Math.min(file.content.size, mostText));
  if (bytes.includes(0)) return undefined;
  const starts = [0];
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) starts.push(at + 1);
  if (starts.at(-1) !== bytes.length) starts.push(bytes.length);
  return { bytes, starts };
}

/** A line as it is shown: without its newline, with its tabs spread. */
export function lineText({ bytes, starts }: Text, row: number, glyphs: Glyphs): Printable {
  const start = starts[row] ?? 0;
  const end = starts[row + 1] ?? start;
  const stop = bytes[end - 1] === 10 ? end - 1 : end;
  const line = bytes.subarray(start, Math.min(stop, start + 40_000));
  const text = decoded(line);
  return text === undefined ? printableBytes(line) : glyphs.guest(expandTabs(text));
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The second header line of a file. */
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

/** The latest event that wrote any of these bytes. */
export function writerOf(
  written: readonly Written[],
  start: number,
  end: number,
): RowTarget | undefined {
  const seq = latest(written, start, end)?.seq;
  return seq === undefined ? undefined : { kind: "moment", seq };
}

/** Spans are in order and without gaps: only those that meet the range are looked at. */
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
