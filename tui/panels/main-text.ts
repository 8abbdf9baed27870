import { JournalError } from "../../journal/index.ts";
import { type Printable, words, phrase } from "../../src/text/index.ts";
import { mainHeight } from "../rows/arrange.ts";
import { dropCells } from "../draw/cells.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { innerWidth, layout } from "../draw/layout.ts";
import { type Line, type Span, lineWidth, span } from "../draw/line.ts";
import { mainRows } from "../rows/main-rows.ts";
import type { PanelText } from "../draw/panel-text.ts";
import type { Recording } from "../recording/recording.ts";
import type { Rows } from "../draw/rows.ts";
import { type State, type Tab, tabs } from "../state/state.ts";

const tabNames = {
  diff: words("Diff"),
  content: words("Content"),
  blame: words("Blame"),
  event: words("Event"),
} as const satisfies Record<Tab, Printable>;

/** Builds the open tab of the main panel, at the settled moment. */
export function mainText(state: State, recording: Recording, glyphs: Glyphs): PanelText {
  const { main } = state;
  const rows = mainRows(state, recording);
  const { row, first } = main.place;
  const height = mainHeight(state);
  const lines: Line[] = [];
  for (let at = first; at < Math.min(rows.count, first + height); at += 1) {
    const sign = span(at === row ? glyphs.cursor : words(" "));
    lines.push([sign, ...scrolled(lineOf(rows, at), main.left)]);
  }
  return {
    title: tabLine(state, glyphs),
    corner: cornerText(state),
    headers: rows.headers.map((line) => [span(words(" ")), ...line]),
    rows: lines,
    cursor: state.focus === "main" ? row - first : -1,
    footer: [
      ...(main.left > 0 ? [span(phrase`${glyphs.cut}${main.left} `, "dim")] : []),
      span(rows.footer(row), "dim"),
    ],
  };
}

/** Builds the line of tabs, the open one in brackets; if there is no room for all, only that one. */
export function tabLine({ main: { tab }, size, focus, zoom }: State, glyphs: Glyphs): Line {
  const all = allTabs(tab, glyphs);
  // The frame's edge, a space and the sign of the focus are beside them.
  const room = innerWidth(layout(size, focus, zoom), "main") - 2 - (glyphs.focus === "" ? 0 : 2);
  if (lineWidth(all) <= room) return all;
  const place = phrase` ${tabs.indexOf(tab) + 1} of ${tabs.length}`;
  return [span(phrase`0 [${tabNames[tab]}]`, "title"), span(place, "dim")];
}

function allTabs(tab: Tab, { between }: Glyphs): Line {
  const line: Span[] = [span(words("0 "), "title")];
  for (const [index, name] of tabs.entries()) {
    if (index > 0) line.push(span(phrase` ${between} `, "frame"));
    line.push(
      name === tab ? span(phrase`[${tabNames[name]}]`, "title") : span(tabNames[name], "dim"),
    );
  }
  return line;
}

function cornerText(state: State): Line {
  if (state.settled !== state.cursor) return [span(words("settling"), "dim")];
  return state.main.tab === "diff" ? [] : [span(seqText(state.settled), "dim")];
}

/** Returns a row's line; reading it may reveal damage. */
function lineOf(rows: Rows, row: number): Line {
  try {
    return rows.line(row);
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return [span(words("damaged: rewindfs verify tells where"), "refused")];
  }
}

function scrolled(line: Line, left: number): Line {
  if (left === 0) return line;
  const rest: Span[] = [];
  let skip = left;
  for (const part of line) {
    const width = lineWidth([part]);
    if (width > skip) rest.push({ ...part, text: dropCells(part.text, skip) });
    skip = Math.max(0, skip - width);
  }
  return rest;
}
