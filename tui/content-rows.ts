import type { Seq } from "../journal/index.ts";
import type { File, Inode } from "../src/fs/index.ts";
import type { Span as Written } from "../src/history/index.ts";
import {
  type Printable,
  counted,
  formatBytes,
  formatClock,
  formatCount,
  joined,
  pad,
  printableBytes,
  words,
} from "../src/text/index.ts";
import { expandTabs } from "./cells.ts";
import { seqText } from "./event-text.ts";
import type { Glyphs } from "./glyphs.ts";
import { type BytesPerRow, hexLine, hexOffset } from "./hex-rows.ts";
import { type Line, guestSpans, span } from "./line.ts";
import { type Recording, touching } from "./recording.ts";
import { type RowTarget, type Rows, message } from "./rows.ts";

export interface ContentView {
  readonly path: string;
  readonly at: Seq;
  readonly form: "text" | "bytes";
  readonly perRow: BytesPerRow;
}

/** Bytes of a file that are shown as text; all of it is shown as bytes. */
const mostText = 1024 * 1024;

/** A file at a moment, as text or as bytes; a directory's entries; a link's target. */
export function contentRows(recording: Recording, view: ContentView, glyphs: Glyphs): Rows {
  const inode = recording.inodeAt(view.path, view.at);
  const title = guestSpans(glyphs.guest(view.path), "strong");
  if (inode === undefined) return absent(recording, view, title);
  if (inode.type === "symlink")
    return message(
      [title, [span(words("symbolic link"), "dim")]],
      [[span(joined([glyphs.to, words("")])), ...guestSpans(glyphs.guest(inode.target), "link")]],
    );
  if (inode.type === "directory") return directoryRows(recording, view, inode, title, glyphs);
  const text = view.form === "text" ? textOf(recording, inode) : undefined;
  return text === undefined
    ? byteRows(recording, view, inode, title)
    : textRows(recording, view, inode, text, title, glyphs);
}

/** Which event wrote each line, or each range of bytes. */
export function blameRows(recording: Recording, view: ContentView, glyphs: Glyphs): Rows {
  const inode = recording.inodeAt(view.path, view.at);
  const title = guestSpans(glyphs.guest(view.path), "strong");
  if (inode === undefined) return absent(recording, view, title);
  if (inode.type !== "file")
    return message([title, []], [[span(words("Only files have writers; this is none."))]]);
  const written = recording.blame(inode, view.at);
  const text = view.form === "text" ? textOf(recording, inode) : undefined;
  return text === undefined
    ? spanRows(recording, view, inode, written, title, glyphs)
    : blamedLines(recording, view, inode, text, written, title, glyphs);
}

function absent(recording: Recording, { path, at }: ContentView, title: Line): Rows {
  const next = touching(recording, path, at, "after");
  return message(
    [title, []],
    [
      [span(words("There is nothing at this path at this moment."))],
      [
        span(
          next === undefined
            ? words("H goes to the last event that touched it.")
            : (`L goes to ${seqText(next)}, the next event that touches it.` as Printable),
          "dim",
        ),
      ],
    ],
  );
}

/** The text of a file, and where its lines start; the last entry is the end. */
interface Text {
  readonly bytes: Uint8Array;
  readonly starts: readonly number[];
}

/** Undefined for what is no text: a NUL in it says so. */
function textOf(recording: Recording, file: File): Text | undefined {
  const bytes = recording.bytes(file, 0, Math.min(file.content.size, mostText));
  if (bytes.includes(0)) return undefined;
  const starts = [0];
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) starts.push(at + 1);
  if (starts.at(-1) !== bytes.length) starts.push(bytes.length);
  return { bytes, starts };
}

function lineText({ bytes, starts }: Text, row: number, glyphs: Glyphs): Printable {
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

function factsOf(recording: Recording, { path, at }: ContentView, file: File): Line {
  const last = touching(recording, path, at, "up to");
  return [
    span(words("size "), "dim"),
    span(`${formatBytes(file.content.size)}  ` as Printable),
    span(last === undefined ? words("") : (`last event ${seqText(last)}` as Printable), "dim"),
  ];
}

function textRows(
  recording: Recording,
  view: ContentView,
  file: File,
  text: Text,
  title: Line,
  glyphs: Glyphs,
): Rows {
  const count = text.starts.length - 1;
  const digits = String(count).length;
  const headers = [title, factsOf(recording, view, file)] as const;
  if (count === 0) return message(headers, [[span(words("The file is empty."), "dim")]]);
  return {
    headers,
    count,
    line: (row) => [
      span(`${pad(String(row + 1) as Printable, digits, "right")}  ` as Printable, "dim"),
      ...guestSpans(lineText(text, row, glyphs)),
    ],
    target: (row) =>
      writerOf(recording.blame(file, view.at), text.starts[row] ?? 0, text.starts[row + 1] ?? 0),
    bytes: (row) => ({
      ino: file.ino,
      start: text.starts[row] ?? 0,
      end: text.starts[row + 1] ?? 0,
    }),
    footer: (row) =>
      file.content.size > mostText
        ? (`the first 1.0M of ${formatBytes(file.content.size)}; x shows all bytes` as Printable)
        : (`line ${formatCount(row + 1)} of ${formatCount(count)}` as Printable),
    start: 0,
  };
}

function byteRows(recording: Recording, view: ContentView, file: File, title: Line): Rows {
  const size = file.content.size;
  const { perRow } = view;
  const range = (row: number) => [row * perRow, Math.min(size, (row + 1) * perRow)] as const;
  return {
    headers: [title, factsOf(recording, view, file)],
    count: Math.max(1, Math.ceil(size / perRow)),
    line: (row) => [
      span(`${hexOffset(row * perRow)} ` as Printable, "dim"),
      ...hexLine(recording.bytes(file, ...range(row)), perRow),
    ],
    target: (row) => writerOf(recording.blame(file, view.at), ...range(row)),
    bytes: (row) => ({ ino: file.ino, start: range(row)[0], end: range(row)[1] }),
    footer: (row) => `byte ${formatCount(row * perRow)} of ${formatCount(size)}` as Printable,
    start: 0,
  };
}

function directoryRows(
  recording: Recording,
  { path, at }: ContentView,
  inode: Inode & { readonly type: "directory" },
  title: Line,
  glyphs: Glyphs,
): Rows {
  const names = recording.names.sorted(inode);
  const prefix = path === "/" ? "/" : `${path}/`;
  const headers = [
    title,
    [span(words("directory  ")), span(counted(names.length, "entry", "entries"), "dim")],
  ] as const;
  if (names.length === 0)
    return message(headers, [[span(words("The directory is empty."), "dim")]]);
  return {
    headers,
    count: names.length,
    line: (row) => {
      const name = names[row] ?? "";
      const child = recording.inodeAt(prefix + name, at);
      const size = child?.type === "file" ? formatBytes(child.content.size) : words("");
      return [
        span(`${pad(size, 8, "right")}  ` as Printable, "dim"),
        ...guestSpans(glyphs.guest(name), child?.type === "directory" ? "directory" : "plain"),
        ...(child?.type === "directory" ? [span(words("/"), "directory")] : []),
      ];
    },
    target: (row) => ({ kind: "path", path: prefix + (names[row] ?? "") }),
    footer: (row) => `${formatCount(row + 1)} of ${formatCount(names.length)}` as Printable,
    start: 0,
  };
}

/** The latest event that wrote any of these bytes. */
function writerOf(written: readonly Written[], start: number, end: number): RowTarget | undefined {
  const seq = latest(written, start, end)?.seq;
  return seq === undefined ? undefined : { kind: "moment", seq };
}

/** Spans are in order and without gaps: only those that meet the range are looked at. */
function latest(written: readonly Written[], start: number, end: number): Written | undefined {
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

function blamedLines(
  recording: Recording,
  view: ContentView,
  file: File,
  text: Text,
  written: readonly Written[],
  title: Line,
  glyphs: Glyphs,
): Rows {
  const count = text.starts.length - 1;
  const headers = [title, factsOf(recording, view, file)] as const;
  if (count === 0) return message(headers, [[span(words("The file is empty."), "dim")]]);
  const by = (row: number) => latest(written, text.starts[row] ?? 0, text.starts[row + 1] ?? 0);
  const digits = String(count).length;
  const width = seqText(view.at).length;
  return {
    headers,
    count,
    line: (row) => {
      const one = by(row);
      const isNew = one?.seq !== (row === 0 ? undefined : by(row - 1)?.seq);
      const seq = one === undefined || !isNew ? words("") : seqText(one.seq);
      return [
        span(`${pad(seq, width, "right")} ` as Printable, one?.seq === view.at ? "now" : "changed"),
        span(`${pad(String(row + 1) as Printable, digits, "right")}  ` as Printable, "dim"),
        ...guestSpans(lineText(text, row, glyphs)),
      ];
    },
    target: (row) => writerOf(written, text.starts[row] ?? 0, text.starts[row + 1] ?? 0),
    bytes: (row) => ({
      ino: file.ino,
      start: text.starts[row] ?? 0,
      end: text.starts[row + 1] ?? 0,
    }),
    footer: (row) => writerText(by(row), `line ${formatCount(row + 1)}` as Printable),
    start: 0,
  };
}

function writerText(written: Written | undefined, what: Printable): Printable {
  if (written === undefined) return what;
  const by = written.source === "hole" ? " made room" : "";
  return `${what}: ${seqText(written.seq)}${by} at ${formatClock(written.time)}, run ${written.run}` as Printable;
}

function spanRows(
  recording: Recording,
  view: ContentView,
  file: File,
  written: readonly Written[],
  title: Line,
  glyphs: Glyphs,
): Rows {
  const headers = [title, factsOf(recording, view, file)] as const;
  if (written.length === 0) return message(headers, [[span(words("The file is empty."), "dim")]]);
  const width = seqText(view.at).length;
  return {
    headers,
    count: written.length,
    line: (row) => {
      const one = written[row];
      if (one === undefined) return [];
      const first = recording.bytes(file, one.start, Math.min(one.end, one.start + 8));
      return [
        span(
          `${pad(seqText(one.seq), width, "right")} ` as Printable,
          one.seq === view.at ? "now" : "changed",
        ),
        span(`${hexOffset(one.start)}-${hexOffset(one.end)} ` as Printable, "dim"),
        span(`${pad(formatBytes(one.end - one.start), 6, "right")}  ` as Printable),
        ...(one.source === "hole"
          ? [span(words("hole"), "dim")]
          : [
              span(
                joined([...first].map((byte) => byte.toString(16).padStart(2, "0") as Printable)),
              ),
            ]),
        ...(one.end - one.start > 8 ? [span(glyphs.cut, "dim")] : []),
      ];
    },
    target: (row) => {
      const seq = written[row]?.seq;
      return seq === undefined ? undefined : { kind: "moment", seq };
    },
    bytes: (row) => {
      const one = written[row];
      return one === undefined ? undefined : { ino: file.ino, start: one.start, end: one.end };
    },
    footer: (row) => writerText(written[row], words("these bytes")),
    start: 0,
  };
}
