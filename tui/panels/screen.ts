import { type Printable, joined, words } from "../../src/text/index.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { type Area, type PanelName, layout, smallest } from "../draw/layout.ts";
import { type Line, fit, span } from "../draw/line.ts";
import { listingArea } from "../draw/listing-layout.ts";
import { listingText } from "./listing-text.ts";
import { mainText, tabLine } from "./main-text.ts";
import { overlayText } from "./overlay-text.ts";
import { type Block, type PanelText, framed } from "../draw/panel-text.ts";
import type { Recording } from "../recording/recording.ts";
import { reviewBlocks } from "./review-text.ts";
import { scrubberLines } from "./scrubber.ts";
import type { State } from "../state/state.ts";
import { bottomLine, statusLine } from "./status-text.ts";
import { timelineText } from "./timeline-text.ts";
import { treeText } from "./tree-text.ts";

/** Builds the whole screen; later blocks cover earlier ones. Depends only on the state and the recording. */
export function screenOf(state: State, recording: Recording, glyphs: Glyphs): readonly Block[] {
  const { size } = state;
  const areas = layout(size, state.focus, state.zoom);
  if (areas.kind === "small") return tooSmall(state, glyphs);
  const { status, scrubber, hints } = areas;
  if (state.overlay?.kind === "review") {
    return [
      { key: "status", area: status, lines: [statusLine(state, recording, status.width, glyphs)] },
      ...reviewBlocks(state.overlay.review, recording, size, glyphs),
      { key: "hints", area: hints, lines: [bottomLine(state, hints.width, glyphs)] },
    ];
  }
  if (state.overlay?.kind === "listing") {
    const area = listingArea(size);
    const text = listingText(state.overlay.listing, state, recording, area, glyphs);
    return [
      { key: "status", area: status, lines: [statusLine(state, recording, status.width, glyphs)] },
      ...framed("listing", text, area, true, glyphs),
      { key: "hints", area: hints, lines: [bottomLine(state, hints.width, glyphs)] },
    ];
  }
  const blocks: Block[] = [
    { key: "status", area: status, lines: [statusLine(state, recording, status.width, glyphs)] },
  ];
  if (scrubber !== undefined)
    blocks.push({
      key: "scrubber",
      area: scrubber,
      lines: scrubberLines(state, recording, scrubber.width, scrubber.height, glyphs),
    });
  for (const { name, area } of areas.shown) {
    const text = panelText(name, state, recording, area, glyphs);
    const isOver = state.overlay !== undefined && state.overlay.kind !== "preview";
    const hasFocus = name === state.focus && !isOver;
    blocks.push(...framed(name, text, area, hasFocus, glyphs));
  }
  blocks.push({ key: "hints", area: hints, lines: [bottomLine(state, hints.width, glyphs)] });
  const over = overlayText(state, recording, glyphs);
  if (over !== undefined) blocks.push(...framed("over", over.text, over.area, true, glyphs));
  return blocks;
}

function panelText(
  name: PanelName,
  state: State,
  recording: Recording,
  area: Area,
  glyphs: Glyphs,
): PanelText {
  if (name === "timeline") return timelineText(state, recording, area, glyphs);
  if (state.replay !== undefined) return replaying(name, state, glyphs);
  return name === "tree"
    ? treeText(state, recording, area, glyphs)
    : mainText(state, recording, glyphs);
}

/** Replaces a panel whose moment is not there yet. */
function replaying(name: PanelName, state: State, glyphs: Glyphs): PanelText {
  const { replay, cursor } = state;
  const notice =
    replay === "snapshots"
      ? joined([words("Making snapshots, once for this journal"), glyphs.cut], "")
      : joined([words("Replaying to"), seqText(cursor)]);
  return {
    title: name === "tree" ? [span(words("2 Tree"), "title")] : tabLine(state, glyphs),
    corner: [],
    headers: [],
    rows: [[], [span(words("  ")), span(notice, "dim")]],
    cursor: -1,
    footer: [],
  };
}

function tooSmall({ size }: State, glyphs: Glyphs): readonly Block[] {
  const { columns, rows } = size;
  const text = `Terminal is ${columns}x${rows}; rewindfs needs ${smallest.columns}x${smallest.rows}.`;
  const lines: Line[] = [];
  let rest = text;
  while (rest !== "" && lines.length < rows) {
    const space = rest.length <= columns ? rest.length : rest.lastIndexOf(" ", columns);
    const end = space <= 0 ? columns : space;
    lines.push(fit([span(rest.slice(0, end) as Printable)], columns, glyphs));
    rest = rest.slice(end).trimStart();
  }
  while (lines.length < rows) lines.push(fit([], columns, glyphs));
  const area = { left: 0, top: 0, width: columns, height: rows };
  return [{ key: "small", area, lines }];
}
