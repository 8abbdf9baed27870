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
  phrase,
  repeated,
} from "../../src/text/index.ts";
import { shownTree } from "../rows/arrange.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import type { Area } from "../draw/layout.ts";
import { type Line, guestSpans, span } from "../draw/line.ts";
import type { PanelText } from "../draw/panel-text.ts";
import type { Recording } from "../recording/recording.ts";
import { type State, pathIn } from "../state/state.ts";
import type { Role } from "../draw/theme.ts";
import { type Letter, type TreeRow } from "../rows/tree-rows.ts";

/** Builds the tree at the settled moment, or says that the journal is damaged on the way to it. */
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
  const row = rows.rowOf(pathIn(state));
  const shown = Array.from({ length: area.height - 2 }, (_, index) => rows.row(first + index));
  const tree = recording.tree(state.settled);
  const isSettling = state.settled !== state.cursor;
  const at = isSettling ? words("") : phrase` at ${seqText(state.settled)}`;
  return {
    title: [span(words("2 Tree"), "title"), span(at, "dim")],
    corner: [
      span(phrase`${formatCount(tree.count - 1)} inside  ${formatBytes(tree.mapped)}`, "dim"),
    ],
    headers: [],
    rows: shown.flatMap((one, index) =>
      one === undefined ? [] : [rowText(one, first + index === row, area.width - 2, glyphs)],
    ),
    cursor: row - first,
    footer: [span(phrase`${formatCount(row + 1)} of ${formatCount(rows.count)}`, "dim")],
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
  const indent = repeated(words("  "), Math.min(row.depth, 12));
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
    span(phrase`${indent}${sign} `, "dim"),
  ];
  const end: Line = [
    span(phrase`${amount} `, "dim"),
    letter === undefined ? span(words("  ")) : span(phrase`${words(letter)} `, letterRoles[letter]),
  ];
  const target =
    inode?.type === "symlink" ? phrase` ${glyphs.to} ${glyphs.name(inode.target)}` : words("");
  const slash = isDirectory && row.depth > 0 ? words("/") : words("");
  const name = phrase`${glyphs.name(row.name)}${slash}${target}`;
  const room = width - 1 - indent.length - 2 - 12;
  const shown = truncateEnd(name, Math.max(4, room), glyphs.cut);
  const gap = repeated(words(" "), room - widthOf(shown));
  return [...start, ...guestSpans(shown, role), span(gap), ...end];
}

function amountText({ inode, isOpen }: TreeRow): Printable {
  if (inode === undefined) return words("gone");
  if (inode.type === "directory")
    return isOpen || inode.size === 0 ? words("") : phrase`${formatCount(inode.size)} in it`;
  return inode.type === "symlink" ? words("") : formatBytes(sizeOf(inode));
}
