import type { File } from "../../src/fs/index.ts";
import type { Span as Written } from "../../src/history/index.ts";
import {
  type Printable,
  formatBytes,
  formatClock,
  formatCount,
  joined,
  pad,
  words,
  phrase,
} from "../../src/text/index.ts";
import { seqText } from "../draw/event-text.ts";
import {
  type ContentView,
  type Text,
  absent,
  blameBy,
  factsOf,
  digitsOf,
  latest,
  lineText,
  textOf,
  untoldOf,
  writerOf,
} from "./file-text.ts";
import { neverRead } from "./never-read.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { hexOffset } from "../draw/hex-rows.ts";
import { type Line, guestSpans, span } from "../draw/line.ts";
import type { Recording } from "../recording/recording.ts";
import { type Rows, message, titleOf } from "../draw/rows.ts";

/** Lists which event wrote each line, or each range of bytes. */
export function blameRows(recording: Recording, view: ContentView, glyphs: Glyphs): Rows {
  const inode = recording.inodeAt(view.path, view.at);
  const title = titleOf(view.path, view.columns, glyphs);
  if (inode === undefined) return absent(recording, view, title);
  if (inode.type !== "file")
    return message([title, []], [[span(words("Only a file has writers, and this is no file."))]]);
  if (!recording.isReadable(inode))
    return message([title, factsOf(recording, view, inode)], [neverRead]);
  const text = view.form === "text" ? textOf(recording, inode) : undefined;
  const by = blameBy(text === undefined ? { ...view, form: "bytes" } : view);
  const { spans: written, isCut } = recording.blame(inode, view.at, by);
  return text === undefined
    ? spanRows(recording, view, inode, { written, isCut }, title, glyphs)
    : blamedLines(recording, view, inode, text, { written, isCut }, title, glyphs);
}

interface Told {
  readonly written: readonly Written[];
  readonly isCut: boolean;
}

/** Says that not all saves were compared. */
function notWhole(isCut: boolean): Line {
  return isCut ? [span(words("  may be older than told"), "warning")] : [];
}

function blamedLines(
  recording: Recording,
  view: ContentView,
  file: File,
  text: Text,
  { written, isCut }: Told,
  title: Line,
  glyphs: Glyphs,
): Rows {
  const { count } = text;
  const headers = [title, [...factsOf(recording, view, file), ...notWhole(isCut)]] as const;
  if (count === 0) return message(headers, [[span(words("The file is empty."), "dim")]]);
  const by = (row: number) => latest(written, text.start(row), text.start(row + 1));
  const digits = digitsOf(text);
  const width = seqText(view.at).length;
  return {
    headers,
    get count() {
      return text.count;
    },
    line: (row) => {
      const one = by(row);
      const isNew = one?.seq !== (row === 0 ? undefined : by(row - 1)?.seq);
      const seq = one === undefined || !isNew ? words("") : seqText(one.seq);
      return [
        span(phrase`${pad(seq, width, "right")} `, one?.seq === view.at ? "now" : "changed"),
        span(phrase`${pad(phrase`${row + 1}`, digits, "right")}  `, "dim"),
        ...guestSpans(lineText(text, row, glyphs)),
      ];
    },
    text: (row) => lineText(text, row, glyphs),
    target: (row) => writerOf(written, text.start(row), text.start(row + 1)),
    bytes: (row) => ({
      ino: file.ino,
      start: text.start(row),
      end: text.start(row + 1),
    }),
    footer: (row) =>
      phrase`${writerText(by(row), phrase`line ${formatCount(row + 1)}`)}${untoldOf(text)}`,
    start: 0,
  };
}

function writerText(written: Written | undefined, subject: Printable): Printable {
  if (written === undefined) return subject;
  if (written.source === "folded")
    return phrase`${subject}: folded, up to event ${seqText(written.seq)}`;
  const by = words(written.source === "hole" ? " made room" : "");
  return phrase`${subject}: ${seqText(written.seq)}${by} at ${formatClock(written.time)}, run ${written.run}`;
}

function spanRows(
  recording: Recording,
  view: ContentView,
  file: File,
  { written, isCut }: Told,
  title: Line,
  glyphs: Glyphs,
): Rows {
  const headers = [title, [...factsOf(recording, view, file), ...notWhole(isCut)]] as const;
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
          phrase`${pad(seqText(one.seq), width, "right")} `,
          one.seq === view.at ? "now" : "changed",
        ),
        span(phrase`${hexOffset(one.start)}-${hexOffset(one.end)} `, "dim"),
        span(phrase`${pad(formatBytes(one.end - one.start), 6, "right")}  `),
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
