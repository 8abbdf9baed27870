import type { Seq } from "../../journal/index.ts";
import { type Inode, inodeOf, pathOf, sizeOf } from "../../src/fs/index.ts";
import {
  type ContentDiff,
  type Hunk,
  encodingOf,
  hexRows,
  lineEnds,
} from "../../src/history/index.ts";
import {
  type Printable,
  formatBytes,
  counted,
  formatCount,
  joined,
  pad,
  words,
  phrase,
  repeated,
} from "../../src/text/index.ts";
import { expandTabs } from "../draw/cells.ts";
import { changeRows } from "./change-rows.ts";
import { neverRead } from "./never-read.ts";
import { rangeText, seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { type BytesPerRow, hexLine, hexOffset } from "../draw/hex-rows.ts";
import { type Line, type Span, guestSpans, span } from "../draw/line.ts";
import { beforeRun } from "../state/moment.ts";
import { type Recording, saveAround, touching } from "../recording/recording.ts";
import type { Edits } from "../state/state.ts";
import { type RowTarget, type Rows, message, titleOf } from "../draw/rows.ts";
import type { Role } from "../draw/theme.ts";

export interface DiffView {
  readonly path: string;
  readonly at: Seq;
  readonly pin: Seq | undefined;
  readonly perRow: BytesPerRow;
  /** Cells of a row. */
  readonly columns: number;
  /** The pin stands for the present, and the moment for the end of a plan. */
  readonly isPreview?: boolean;
  /** Unit of an edit, if no pin is set: a whole save, or a single event. */
  readonly edits?: Edits;
}

interface Compared {
  readonly path: string;
  readonly from: Seq;
  readonly to: Seq;
}

/**
 * Returns the two sides of a comparison: a path at the pin and now, or around the last edit that touched it. A save is
 * shown where it ended, at the file's path then.
 */
function comparedIn(
  recording: Recording,
  { path, at, pin, edits = "saves" }: Omit<DiffView, "perRow" | "columns">,
): Compared {
  if (pin !== undefined) return { path, from: pin, to: at };
  if (recording.inodeAt(path, at)?.type === "directory")
    return { path, from: beforeRun(recording, at), to: at };
  const last = touching(recording, path, at, "up to");
  if (last === undefined) return { path, from: at, to: at };
  const save = edits === "saves" ? saveAround(recording, last) : undefined;
  if (save === undefined) return { path, from: (last - 1) as Seq, to: last };
  const { ino, first, last: to } = save;
  const tree = recording.tree(to);
  const now = (inodeOf(tree, ino)?.names.length ?? 0) > 0 ? pathOf(tree, ino) : path;
  return { path: now, from: (first - 1) as Seq, to };
}

/**
 * Lists how a path differs between two moments: lines, bytes, a link's target, or for a directory the paths below it.
 */
export function diffRows(recording: Recording, asked: DiffView, glyphs: Glyphs): Rows {
  const { path, from, to } = comparedIn(recording, asked);
  const view = { ...asked, path };
  const after = recording.inodeAt(view.path, to);
  const before = previous(recording, view.path, after, from);
  if (after?.type === "directory" || (after === undefined && before?.type === "directory")) {
    const since = view.isPreview === true ? "now" : view.pin === undefined ? "run" : "pin";
    const { columns } = view;
    return changeRows(recording, { path: view.path, from, to, since, columns }, glyphs);
  }

  const title = (facts: Line): readonly [Line, Line] => [
    titleOf(view.path, view.columns, glyphs),
    [...facts, span(rangeText(from, to, glyphs), view.pin === undefined ? "dim" : "pin")],
  ];
  if (before === undefined && after === undefined) return absent(recording, view, title([]));
  const diff = recording.contentDiff(before, after, `${view.path} ${from} ${to}`);
  const facts = factsOf(before, after, glyphs);
  switch (diff.kind) {
    case "none":
      return message(
        title(facts),
        nothingChanged(recording, { path: view.path, from, to, before, after }, glyphs),
      );
    case "target":
      return message(title(facts), [
        [span(words("- "), "removed"), ...guestSpans(glyphs.guest(diff.before), "removed")],
        [span(words("+ "), "added"), ...guestSpans(glyphs.guest(diff.after), "added")],
      ]);
    case "text": {
      const amount = [
        span(phrase`+${formatCount(diff.added)} `, "added"),
        span(phrase`${glyphs.minus}${formatCount(diff.removed)}  `, "removed"),
      ];
      const target = (line: number | undefined): RowTarget | undefined =>
        line === undefined
          ? { kind: "moment", seq: to }
          : lineWriter(recording, view.path, to, line, view.edits);
      return hunkRows(diff.hunks, title([...amount, ...facts]), target, glyphs);
    }
    case "unread":
      return message(title(facts), [neverRead]);
    case "bytes":
      return byteRows(
        recording,
        diff,
        { before, after, to, perRow: view.perRow, edits: view.edits },
        title(facts),
        glyphs,
      );
  }
}

/** Returns the entry at the path before, or else the same file under another name. */
function previous(
  recording: Recording,
  path: string,
  after: Inode | undefined,
  from: Seq,
): Inode | undefined {
  const there = recording.inodeAt(path, from);
  if (there !== undefined || after === undefined) return there;
  return inodeOf(recording.tree(from), after.ino);
}

function factsOf(before: Inode | undefined, after: Inode | undefined, { to }: Glyphs): Line {
  if (before === undefined) return [span(words("new  "), "added")];
  if (after === undefined) return [span(words("removed  "), "removed")];
  const [left, right] = [sizeOf(before), sizeOf(after)];
  const sizes = left === right ? [formatBytes(right)] : [formatBytes(left), to, formatBytes(right)];
  return [span(words("size "), "dim"), span(phrase`${joined(sizes)}  `)];
}

function absent(
  recording: Recording,
  { path, at }: DiffView,
  headers: readonly [Line, Line],
): Rows {
  const next = touching(recording, path, at, "after");
  return message(headers, [
    [span(words("Nothing is at this path now."))],
    next === undefined
      ? [span(words("H goes to the last event on it."), "dim")]
      : [span(phrase`L goes to ${seqText(next)}, the next on it.`, "dim")],
  ]);
}

interface Pair {
  readonly path: string;
  readonly from: Seq;
  readonly to: Seq;
  readonly before: Inode | undefined;
  readonly after: Inode | undefined;
}

/** Describes other differences of equal contents, from the two moments alone. */
function nothingChanged(
  recording: Recording,
  { path, from, to, before, after }: Pair,
  glyphs: Glyphs,
): Line[] {
  if (from === to) return [[span(words("A moment is the same as itself."))]];
  if (before === undefined) return [[span(words("An empty file came to be."))]];
  if (after === undefined) return [[span(words("It was empty when it was removed."))]];
  if (recording.inodeAt(path, from) === undefined) {
    const name = pathOf(recording.tree(from), before.ino);
    const isLink = recording.inodeAt(name, to)?.ino === after.ino;
    return [
      [
        span(
          isLink ? words("One more name for a file.") : words("Renamed; the content is the same."),
        ),
      ],
      [span(words("from "), "dim"), ...guestSpans(glyphs.name(name))],
      [span(words("to   "), "dim"), ...guestSpans(glyphs.name(path))],
    ];
  }
  const hasOtherTimes = before.mtime !== after.mtime || before.atime !== after.atime;
  return before.ino === after.ino && hasOtherTimes
    ? [[span(words("Only its times changed."))]]
    : [[span(words("The content is the same in both."))]];
}

interface TextRow {
  readonly kind: "line";
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly sign: " " | "-" | "+";
  readonly text: string;
  readonly newline: boolean;
  readonly hunk: number;
}

/**
 * Lists the lines of hunks, with their numbers. `target` returns where a line of the text after leads; undefined for a
 * removed line.
 */
export function hunkRows(
  hunks: readonly Hunk[],
  headers: readonly [Line, Line],
  target: (line: number | undefined) => RowTarget | undefined,
  glyphs: Glyphs,
): Rows {
  const rows: (TextRow | { readonly kind: "gap"; readonly hunk: number })[] = [];
  for (const [index, hunk] of hunks.entries()) {
    if (index > 0) rows.push({ kind: "gap", hunk: index });
    rows.push(...numbered(hunk, index));
  }
  const last = hunks.at(-1);
  const digits = String(
    Math.max(
      (last?.beforeStart ?? 0) + (last?.beforeLines ?? 0),
      (last?.afterStart ?? 0) + (last?.afterLines ?? 0),
    ),
  ).length;
  return {
    headers,
    count: rows.length,
    line: (row) => {
      const one = rows[row];
      if (one === undefined) return [];
      if (one.kind === "gap") return [span(repeated(glyphs.dot, 3), "dim")];
      return textLine(one, digits, glyphs);
    },
    text: (row) => {
      const one = rows[row];
      return one?.kind === "line" ? glyphs.guest(expandTabs(one.text)) : "";
    },
    target: (row) => {
      const one = rows[row];
      return one?.kind === "line" ? target(one.after) : undefined;
    },
    footer: (row) => phrase`hunk ${(rows[row]?.hunk ?? 0) + 1} of ${formatCount(hunks.length)}`,
    start: Math.max(
      0,
      rows.findIndex((row) => row.kind === "line" && row.sign !== " "),
    ),
  };
}

function* numbered(hunk: Hunk, index: number): Generator<TextRow> {
  let before = hunk.beforeStart;
  let after = hunk.afterStart;
  for (const { sign, text, newline } of hunk.lines) {
    const row = { kind: "line", sign, text, newline, hunk: index } as const;
    yield {
      ...row,
      before: sign === "+" ? undefined : before,
      after: sign === "-" ? undefined : after,
    };
    if (sign !== "+") before += 1;
    if (sign !== "-") after += 1;
  }
}

function textLine(row: TextRow, digits: number, glyphs: Glyphs): Line {
  const role: Role = row.sign === "+" ? "added" : row.sign === "-" ? "removed" : "plain";
  const number = (value: number | undefined): Printable =>
    pad(value === undefined ? words("") : phrase`${value}`, digits, "right");
  const sign = row.sign === "-" ? glyphs.minus : (row.sign as Printable);
  const end: readonly Span[] = row.newline ? [] : [span(words(" (no newline at the end)"), "dim")];
  return [
    span(phrase`${number(row.before)} ${number(row.after)} `, "dim"),
    span(phrase`${sign} `, role),
    ...guestSpans(glyphs.guest(expandTabs(row.text)), role),
    ...end,
  ];
}

/** Returns the event that wrote the end of a line, or an empty line as a whole. */
function lineWriter(
  recording: Recording,
  path: string,
  at: Seq,
  line: number,
  edits: Edits = "saves",
): RowTarget | undefined {
  const inode = recording.inodeAt(path, at);
  if (inode?.type !== "file") return undefined;
  const bytes = recording.bytes(inode, 0, inode.content.size);
  const ends = lineEnds(bytes, encodingOf(bytes) ?? "utf-8");
  const [start, end] = [ends[line - 2] ?? 0, ends[line - 1]];
  if (end === undefined) return undefined;
  const { spans } = recording.blame(inode, at, edits === "saves" ? "lines" : "events");
  const found = spans.findLast((one) => one.start < end && one.end > start);
  return found === undefined ? undefined : { kind: "moment", seq: found.seq };
}

/** Lists the bytes that differ, on both sides. */
export function byteRows(
  recording: Recording,
  diff: ContentDiff & { readonly kind: "bytes" },
  {
    before,
    after,
    to,
    perRow,
    edits = "saves",
  }: {
    readonly before: Inode | undefined;
    readonly after: Inode | undefined;
    readonly to: Seq;
    readonly perRow: BytesPerRow;
    readonly edits?: Edits | undefined;
  },
  headers: readonly [Line, Line],
  glyphs: Glyphs,
): Rows {
  const why = {
    binary: words("Not text: bytes are compared."),
    large: words("Too large for lines: bytes compared."),
  }[diff.why];
  const lines: { readonly line: Line; readonly at: number }[] = [
    { line: [span(why, "dim")], at: 0 },
  ];
  for (const row of hexRows(before, after, diff.ranges, recording.readTape)) {
    if (lines.length > mostByteRows) {
      lines.push({ line: [span(words("More differs behind this."), "dim")], at: row.offset });
      break;
    }
    for (let start = 0; start < 16; start += perRow) {
      const left = row.before.subarray(start, start + perRow);
      const right = row.after.subarray(start, start + perRow);
      if (perRow < 16 && sameBytes(left, right)) continue;
      const at = row.offset + start;
      const offset = span(phrase`${hexOffset(at)} `, "dim");
      if (left.length > 0)
        lines.push({
          at,
          line: [offset, span(glyphs.minus, "removed"), ...hexLine(left, perRow, "removed")],
        });
      if (right.length > 0)
        lines.push({
          at,
          line: [offset, span(words("+"), "added"), ...hexLine(right, perRow, "added")],
        });
    }
  }
  return {
    headers,
    count: lines.length,
    line: (row) => lines[row]?.line ?? [],
    target: (row) => {
      const at = lines[row]?.at;
      if (after?.type !== "file" || at === undefined) return undefined;
      const { spans } = recording.blame(after, to, edits === "saves" ? "bytes" : "events");
      const found = spans.find((one) => one.end > at);
      return found === undefined ? undefined : { kind: "moment", seq: found.seq };
    },
    footer: () =>
      diff.more
        ? phrase`${formatCount(diff.ranges.length)}+ ranges differ`
        : counted(diff.ranges.length, "range differs", "ranges differ"),
    start: 0,
  };
}

const mostByteRows = 4_000;

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
