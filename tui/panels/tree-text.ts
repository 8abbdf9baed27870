import { JournalError } from "../../journal/index.ts";
import { sizeOf } from "../../src/fs/index.ts";
import {
  type Printable,
  formatBytes,
  formatCount,
  pad,
  truncateEnd,
  widthOf,
  words,
} from "../../src/text/index.ts";
import { shownTree } from "../rows/arrange.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import type { Area } from "../draw/layout.ts";
import { type Line, guestSpans, span } from "../draw/line.ts";
import type { PanelText } from "../draw/panel-text.ts";
import type { Recording } from "../recording/recording.ts";
import type { State } from "../state/state.ts";
import type { Role } from "../draw/theme.ts";
import { type Letter, type TreeRow } from "../rows/tree-rows.ts";

/** The tree at the moment that is settled, or that the journal is damaged on the way to it. */
export function treeText(
  state: State,
  recording: Recording,
  area: Area,
  glyphs: Glyphs,
): PanelText {
  try {
    return treeAt(state, recording, area, glyphs);
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return {
      title: [span(words("2 Tree"), "title")],
      corner: [],
      headers: [],
      rows: [[], [span(words("  Damaged before this moment."), "refused")]],
      cursor: -1,
      footer: [],
    };
  }
}

function treeAt(state: State, recording: Recording, area: Area, glyphs: Glyphs): PanelText {
  const rows = shownTree(state, recording);
  const { first } = state.tree;
  const row = rows.rowOf(state.path);
  const shown = Array.from({ length: area.height - 2 }, (_, index) => rows.row(first + index));
  const tree = recording.tree(state.settled);
  const isSettling = state.settled !== state.cursor;
  const at = isSettling ? words("") : (` at ${seqText(state.settled)}` as Printable);
  return {
    title: [span(words("2 Tree"), "title"), span(at, "dim")],
    corner: [
      span(
        `${formatCount(tree.count - 1)} inside  ${formatBytes(tree.mapped)}` as Printable,
        "dim",
      ),
    ],
    headers: [],
    rows: shown.flatMap((one, index) =>
      one === undefined ? [] : [rowText(one, first + index === row, area.width - 2, glyphs)],
    ),
    cursor: row - first,
    footer: [span(`${formatCount(row + 1)} of ${formatCount(rows.count)}` as Printable, "dim")],
  };
}

export const letterRoles = {
  A: "added",
  M: "changed",
  D: "removed",
  R: "moved",
} as const satisfies Record<Letter, Role>;

function rowText(row: TreeRow, isHere: boolean, width: number, glyphs: Glyphs): Line {
  const { inode, letter } = row;
  const isDirectory = inode?.type === "directory";
  const sign = isDirectory ? (row.isOpen ? glyphs.open : glyphs.closed) : words(" ");
  const indent = "  ".repeat(Math.min(row.depth, 12)) as Printable;
  const amount = pad(amountText(row), 9, "right");
  const role: Role =
    inode === undefined
      ? "removed"
      : isDirectory
        ? "directory"
        : inode.type === "symlink"
          ? "link"
          : "plain";
  const start: Line = [
    span(isHere ? glyphs.cursor : words(" ")),
    span(`${indent}${sign} ` as Printable, "dim"),
  ];
  const end: Line = [
    span(`${amount} ` as Printable, "dim"),
    letter === undefined ? span(words("  ")) : span(`${letter} ` as Printable, letterRoles[letter]),
  ];
  const target = inode?.type === "symlink" ? ` ${glyphs.to} ${glyphs.name(inode.target)}` : "";
  const slash = isDirectory && row.depth > 0 ? "/" : "";
  const name = `${glyphs.name(row.name)}${slash}${target}` as Printable;
  const room = width - 1 - indent.length - 2 - 12;
  const shown = truncateEnd(name, Math.max(4, room), glyphs.cut);
  const gap = " ".repeat(Math.max(0, room - widthOf(shown))) as Printable;
  return [...start, ...guestSpans(shown, role), span(gap), ...end];
}

function amountText({ inode, isOpen }: TreeRow): Printable {
  if (inode === undefined) return words("gone");
  if (inode.type === "directory")
    return isOpen || inode.size === 0
      ? words("")
      : (`${formatCount(inode.size)} in it` as Printable);
  return inode.type === "symlink" ? words("") : formatBytes(sizeOf(inode));
}
