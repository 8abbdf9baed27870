import { JournalError } from "../../journal/index.ts";
import { type PanelName, layout, listHeight } from "../draw/layout.ts";
import { mainKey, mainRows } from "./main-rows.ts";
import type { Recording } from "../recording/recording.ts";
import { headerLines } from "../draw/rows.ts";
import { type State, pathIn, timelineCount, timelineHeight, timelineRow } from "../state/state.ts";
import { type TreeRows, ancestors, treeRows } from "./tree-rows.ts";
import { type Place, clampRow, follow } from "../draw/window.ts";

/**
 * Moves the windows of all lists on the screen to their cursors. `before` is the last state shown: while the moment is
 * the same, new events do not move the timeline.
 */
export function arrange(state: State, recording: Recording, before?: State): State {
  if (layout(state.size, state.focus, state.zoom).kind === "small") return state;
  const timeline = arrangeTimeline(state, before?.cursor === state.cursor ? 0 : margin);
  if (state.replay !== undefined) return timeline;
  try {
    const tree = isShown(timeline, "tree") ? arrangeTree(timeline, recording) : timeline;
    return isShown(tree, "main") ? arrangeMain(tree, recording) : tree;
  } catch (error) {
    // A moment that cannot be shown has no windows to move.
    if (error instanceof JournalError) return timeline;
    throw error;
  }
}

export function isShown(state: State, name: PanelName): boolean {
  const areas = layout(state.size, state.focus, state.zoom);
  return areas.kind === "panels" && areas.shown.some((panel) => panel.name === name);
}

/** Rows that stay visible before and after the cursor. */
const margin = 2;

function arrangeTimeline(state: State, gap: number): State {
  const height = timelineHeight(state);
  const row = Math.max(0, timelineRow(state));
  // A jump out of sight ends in the middle; a step pushes the edge along.
  const distance = Math.max(state.timelineFirst - row, row - state.timelineFirst - height + 1);
  const from = distance > height ? row - Math.floor(height / 2) : state.timelineFirst;
  const { first } = follow({ first: from, height }, row, timelineCount(state), gap);
  return first === state.timelineFirst ? state : { ...state, timelineFirst: first };
}

function arrangeTree(state: State, recording: Recording): State {
  const rows = shownTree(state, recording);
  const height = treeHeight(state);
  const { first } = follow(
    { first: state.tree.first, height },
    rows.rowOf(pathIn(state)),
    rows.count,
  );
  return first === state.tree.first ? state : { ...state, tree: { ...state.tree, first } };
}

function arrangeMain(state: State, recording: Recording): State {
  const { row, first } = mainPlace(state, recording);
  const of = placeKey(state);
  const { main } = state;
  if (main.of === of && main.place.row === row && main.place.first === first) return state;
  return { ...state, main: { ...main, of, place: { row, first } } };
}

/** Returns the tree at the settled moment. */
export function shownTree(state: State, recording: Recording): TreeRows {
  const { settled: at, pin } = state;
  const path = pathIn(state);
  const open = state.tree.open;
  const key = `tree ${at} ${pin ?? ""} ${ancestors(path).at(-1) ?? ""} ${[...open].join("\0")}`;
  return recording.built.get(key, () => treeRows(recording, { at, pin, open, path })) as TreeRows;
}

export function treeHeight(state: State): number {
  return listHeight(layout(state.size, state.focus, state.zoom), "tree");
}

export function mainHeight(state: State): number {
  return listHeight(layout(state.size, state.focus, state.zoom), "main", headerLines);
}

/** Returns the reader's place in the main panel: kept while the contents are the same, else the start. */
export function mainPlace(state: State, recording: Recording): Place {
  const rows = mainRows(state, recording);
  const height = mainHeight(state);
  const { main } = state;
  if (main.of !== placeKey(state))
    return placed(rows.start, Math.max(0, rows.start - 3), height, rows.count);
  return placed(clampRow(main.place.row, rows.count), main.place.first, height, rows.count);
}

function placed(row: number, first: number, height: number, count: number): Place {
  return { row, first: follow({ first, height }, row, count).first };
}

/**
 * Identifies the contents: a diff starts anew for each pair of moments; content and blame keep their place as time
 * moves.
 */
export function placeKey(state: State): string {
  const { main } = state;
  const path = pathIn(state);
  return main.tab === "content" || main.tab === "blame"
    ? `${main.tab} ${main.form} ${path}`
    : mainKey(state);
}
