import { type File, type Inode, isSpecial } from "../../src/fs/index.ts";
import {
  counted,
  formatBytes,
  formatCount,
  joined,
  pad,
  phrase,
  words,
} from "../../src/text/index.ts";
import {
  type ContentView,
  type Text,
  absent,
  blameBy,
  digitsOf,
  factsOf,
  lineText,
  textOf,
  untoldOf,
  writerOf,
} from "./file-text.ts";
import { neverRead } from "./never-read.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { hexLine, hexOffset } from "../draw/hex-rows.ts";
import { type Line, guestSpans, span } from "../draw/line.ts";
import type { Recording } from "../recording/recording.ts";
import { type Rows, message, titleOf } from "../draw/rows.ts";

/** Lists a file at a moment, as text or as bytes; a directory's entries; a link's target. */
export function contentRows(recording: Recording, view: ContentView, glyphs: Glyphs): Rows {
  const inode = recording.inodeAt(view.path, view.at);
  const title = titleOf(view.path, view.columns, glyphs);
  if (inode === undefined) return absent(recording, view, title);
  if (inode.type === "symlink")
    return message(
      [title, [span(words("symbolic link"), "dim")]],
      [[span(joined([glyphs.to, words("")])), ...guestSpans(glyphs.name(inode.target), "link")]],
    );
  if (inode.type === "directory") return directoryRows(recording, view, inode, title, glyphs);
  if (isSpecial(inode))
    return message(
      [title, []],
      [[span(words(inode.type === "fifo" ? "a named pipe" : "a socket"), "dim")]],
    );
  if (!recording.isReadable(inode))
    return message([title, factsOf(recording, view, inode)], [neverRead]);
  const text = view.form === "text" ? textOf(recording, inode) : undefined;
  return text === undefined
    ? byteRows(recording, view, inode, title)
    : textRows(recording, view, inode, text, title, glyphs);
}

function textRows(
  recording: Recording,
  view: ContentView,
  file: File,
  text: Text,
  title: Line,
  glyphs: Glyphs,
): Rows {
  const { count } = text;
  const digits = digitsOf(text);
  const headers = [title, factsOf(recording, view, file)] as const;
  if (count === 0) return message(headers, [[span(words("The file is empty."), "dim")]]);
  return {
    headers,
    get count() {
      return text.count;
    },
    line: (row) => [
      span(phrase`${pad(phrase`${row + 1}`, digits, "right")}  `, "dim"),
      ...guestSpans(lineText(text, row, glyphs)),
    ],
    text: (row) => lineText(text, row, glyphs),
    target: (row) =>
      writerOf(
        recording.blame(file, view.at, blameBy(view)).spans,
        text.start(row),
        text.start(row + 1),
      ),
    bytes: (row) => ({
      ino: file.ino,
      start: text.start(row),
      end: text.start(row + 1),
    }),
    footer: (row) =>
      phrase`line ${formatCount(row + 1)} of ${formatCount(text.count)}${untoldOf(text)}`,
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
      span(phrase`${hexOffset(row * perRow)} `, "dim"),
      ...hexLine(recording.bytes(file, ...range(row)), perRow),
    ],
    target: (row) =>
      writerOf(
        recording.blame(file, view.at, blameBy({ ...view, form: "bytes" })).spans,
        ...range(row),
      ),
    bytes: (row) => ({ ino: file.ino, start: range(row)[0], end: range(row)[1] }),
    footer: (row) => phrase`byte ${formatCount(row * perRow)} of ${formatCount(size)}`,
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
        span(phrase`${pad(size, 8, "right")}  `, "dim"),
        ...guestSpans(glyphs.name(name), child?.type === "directory" ? "directory" : "plain"),
        ...(child?.type === "directory" ? [span(words("/"), "directory")] : []),
      ];
    },
    target: (row) => ({ kind: "path", path: prefix + (names[row] ?? "") }),
    footer: (row) => phrase`${formatCount(row + 1)} of ${formatCount(names.length)}`,
    start: 0,
  };
}
