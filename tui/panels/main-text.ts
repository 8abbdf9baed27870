import { JournalError } from "../../journal/index.ts";
import { type Printable, formatCount, phrase, truncateEnd, words } from "../../src/text/index.ts";
import { mainHeight } from "../rows/arrange.ts";
import { dropCells } from "../draw/cells.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { innerWidth, layout } from "../draw/layout.ts";
import { type Line, type Span, guestSpans, lineWidth, span } from "../draw/line.ts";
import { rowMatcher } from "../state/row-search.ts";
import { mainContents, mainRows } from "../rows/main-rows.ts";
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
    lines.push([sign, ...scrolled(withMatch(lineOf(rows, at), state), main.left)]);
  }
  return {
    title: tabLine(state, glyphs),
    corner: cornerText(state),
    headers: rows.headers.map((line) => [span(words(" ")), ...line]),
    rows: lines,
    cursor: state.focus === "main" ? row - first : -1,
    footer: [
      ...(main.left > 0 ? [span(phrase`${glyphs.cut}${main.left} `, "dim")] : []),
      ...searchText(state, row, glyphs),
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

/** Returns the tab whose name is at a column of the panel's upper edge. */
export function tabAt(state: State, column: number): Tab | undefined {
  // The corner and a piece of the edge come first.
  let at = 2;
  for (const { text } of tabLine(state, state.glyphs)) {
    const tab = tabs.find((one) => text === tabNames[one] || text === `[${tabNames[one]}]`);
    if (tab !== undefined && column >= at && column < at + text.length) return tab;
    at += text.length;
  }
  return undefined;
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

/** Marks what a search found in a line. */
function withMatch(line: Line, { search }: State): Line {
  if (search?.kind !== "rows") return line;
  const matches = rowMatcher(search.text);
  return line.flatMap((part): Line => {
    const found = matches(part.text);
    if (found === undefined) return [part];
    const [start, end] = found;
    const piece = (from: number, to?: number) => part.text.slice(from, to) as Printable;
    return [
      { ...part, text: piece(0, start) },
      span(piece(start, end), "match"),
      { ...part, text: piece(end) },
    ];
  });
}

/** Tells what is looked for in the rows, and which match this is. */
function searchText(state: State, row: number, glyphs: Glyphs): Line {
  const { search } = state;
  if (search?.kind !== "rows") return [];
  const found = search.found?.of === mainContents(state) ? search.found.rows : undefined;
  const place =
    found === undefined ? words("") : phrase` ${placeIn(found, row)}${formatCount(found.length)}`;
  const text = truncateEnd(glyphs.guest(`/${search.text}`), 16, glyphs.cut);
  return [...guestSpans(text, "warning"), span(phrase`${place}  `, "warning")];
}

function cornerText(state: State): Line {
  if (state.settled !== state.cursor) return [span(words("settling"), "dim")];
  return state.main.tab === "diff" ? [] : [span(seqText(state.settled), "dim")];
}

function placeIn(rows: readonly number[], row: number): Printable {
  const place = rows.indexOf(row);
  return place < 0 ? words("") : phrase`${formatCount(place + 1)} of `;
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
