import { words } from "../../src/text/index.ts";
import { mainHeight, mainPlace, shownTree, treeHeight } from "../rows/arrange.ts";
import { mainRows } from "../rows/main-rows.ts";
import { goTo } from "../state/moment.ts";
import type { Recording } from "../recording/recording.ts";
import {
  type State,
  seqOfRow,
  timelineCount,
  timelineHeight,
  timelineRow,
} from "../state/state.ts";
import { type Step, done, warn } from "./step.ts";
import { ancestors } from "../rows/tree-rows.ts";
import { clampRow } from "../draw/window.ts";

/** Distance and direction in a list. */
export type Motion =
  | { readonly rows: number }
  | { readonly pages: number }
  | { readonly to: "first" | "last" };

/** Moves the cursor of the list that has the focus; in the timeline that is the moment. */
export function move(state: State, recording: Recording, motion: Motion): Step {
  switch (state.focus) {
    case "timeline": {
      const count = timelineCount(state);
      if (count === 0) return warn(state, words("No event is shown; Esc clears the filter."));
      const row = timelineRow(state);
      const to = moved(row, count, timelineHeight(state), motion);
      if ("to" in motion) return done(goTo(state, recording, seqOfRow(state, to), "jump"));
      return done(goTo(state, recording, seqOfRow(state, to)));
    }
    case "tree": {
      const rows = shownTree(state, recording);
      const row = moved(rows.rowOf(state.path), rows.count, treeHeight(state), motion);
      // Directories opened only on the way here stay open.
      const open = new Set([...state.tree.open, ...ancestors(state.path)]);
      return done({
        ...state,
        path: rows.row(row)?.path ?? state.path,
        tree: { ...state.tree, open },
      });
    }
    case "main": {
      const { count } = mainRows(state, recording);
      const place = mainPlace(state, recording);
      const row = moved(place.row, count, mainHeight(state), motion);
      return done({ ...state, main: { ...state.main, place: { ...place, row } } });
    }
  }
}

function moved(row: number, count: number, height: number, motion: Motion): number {
  if ("to" in motion) return motion.to === "first" ? 0 : Math.max(0, count - 1);
  const by = "rows" in motion ? motion.rows : Math.trunc(motion.pages * Math.max(1, height - 1));
  return clampRow(row + by, count);
}
