import type { Pointer } from "../state/pointer.ts";
import { type Area, type Layout, type PanelName, layout } from "../draw/layout.ts";
import { headerLines } from "../draw/rows.ts";
import { tabAt } from "../panels/main-text.ts";
import { momentAt } from "../panels/scrubber.ts";
import { mainPlace, shownTree } from "../rows/arrange.ts";
import { mainRows } from "../rows/main-rows.ts";
import type { Recording } from "../recording/recording.ts";
import { goTo } from "../state/moment.ts";
import { type State, seqOfRow, timelineCount } from "../state/state.ts";
import { commands } from "./commands.ts";
import { move } from "./motion.ts";
import { overlayPointed } from "./overlay-mouse.ts";
import { type Step, done } from "./step.ts";

/** Rows that one notch of the wheel moves. */
const wheelRows = 3;

/** Answers the mouse: rows, tabs and the strip are clicked, the wheel moves the list that it is over. */
export function pointed(state: State, pointer: Pointer, recording: Recording): Step {
  if (state.overlay !== undefined) return overlayPointed(state, state.overlay, pointer, recording);
  const areas = layout(state.size, state.focus, state.zoom);
  if (areas.kind === "small") return done(state);
  const { scrubber } = areas;
  if (scrubber !== undefined && isIn(scrubber, pointer)) {
    if (pointer.did !== "press" && pointer.did !== "drag") return done(state);
    const seq = momentAt(state, recording, scrubber.width, pointer.column);
    return done(goTo(state, recording, seq, pointer.did === "press" ? "jump" : "step"));
  }
  const panel = panelAt(areas, pointer);
  if (panel === undefined) return done(state);
  switch (pointer.did) {
    case "wheel-up":
      return wheeled(state, panel.name, -wheelRows, recording);
    case "wheel-down":
      return wheeled(state, panel.name, wheelRows, recording);
    case "press":
      return pressed(state, panel, pointer, recording);
    case "drag":
      return done(state);
  }
}

function isIn({ left, top, width, height }: Area, { column, row }: Pointer): boolean {
  return column >= left && column < left + width && row >= top && row < top + height;
}

interface Panel {
  readonly name: PanelName;
  readonly area: Area;
}

function panelAt(
  { shown }: Extract<Layout, { kind: "panels" }>,
  pointer: Pointer,
): Panel | undefined {
  return shown.find(({ area }) => isIn(area, pointer));
}

/** Moves the list that the pointer is over; the focus stays. */
function wheeled(state: State, name: PanelName, rows: number, recording: Recording): Step {
  const { state: next, effects } = move({ ...state, focus: name }, recording, { rows });
  return { state: { ...next, focus: state.focus }, effects };
}

function pressed(
  state: State,
  { name, area }: Panel,
  { column, row }: Pointer,
  recording: Recording,
): Step {
  const focused: State = { ...state, focus: name };
  if (row === area.top && name === "main") {
    const tab = tabAt(state, column - area.left);
    if (tab === undefined) return done(focused);
    return done({ ...focused, main: { ...state.main, tab, left: 0 } });
  }
  const line = row - area.top - 1;
  if (line < 0 || line >= area.height - 2) return done(focused);
  switch (name) {
    case "timeline": {
      const at = state.timelineFirst + line;
      if (at >= timelineCount(state)) return done(focused);
      return done(goTo(focused, recording, seqOfRow(state, at), "jump"));
    }
    case "tree": {
      const one = shownTree(state, recording).row(state.tree.first + line);
      if (one === undefined) return done(focused);
      // A second click opens and closes.
      if (one.path === state.path && one.inode?.type === "directory")
        return commands["open-entry"](focused, recording);
      return done({ ...focused, path: one.path });
    }
    case "main": {
      const place = mainPlace(state, recording);
      const at = place.first + line - headerLines;
      if (line < headerLines || at >= mainRows(state, recording).count) return done(focused);
      return done({ ...focused, main: { ...state.main, place: { ...place, row: at } } });
    }
  }
}
