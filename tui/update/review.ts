import { words } from "../../src/text/index.ts";
import { clampRow, follow } from "../draw/window.ts";
import { reviewHeights } from "../draw/review-layout.ts";
import {
  type Review,
  type ReviewRow,
  choicesOf,
  countsOf,
  rowsOf,
  splitAt,
  toggled,
  withAll,
} from "../state/review.ts";
import { type State, without } from "../state/state.ts";
import { type Step, done, warn } from "./step.ts";

/** Handles a key while a person chooses changes for a folder. */
export function reviewKey(state: State, review: Review, token: string): Step {
  switch (review.step) {
    case "applying":
      return done(state);
    case "confirm":
      return confirmKey(state, review, token);
    case "choose":
      return chooseKey(state, review, token);
  }
}

function confirmKey(state: State, review: Review, token: string): Step {
  switch (token) {
    case "y":
      return done(showing(state, { ...review, step: "applying" }), {
        kind: "apply-chosen",
        folder: review.folder,
        choices: choicesOf(review),
      });
    case "n":
    case "escape":
      return done(showing(state, { ...review, step: "choose" }));
    default:
      return done(state);
  }
}

function chooseKey(state: State, review: Review, token: string): Step {
  const rows = rowsOf(review);
  const row = rows[review.place.row];
  const { list } = reviewHeights(state.size);
  const page = Math.max(1, list - 1);
  const to = (at: number): Step => done(showing(state, moved(review, at, rows.length, list)));
  switch (token) {
    case "escape":
    case "q":
      return done(without(state, "overlay"));
    case "j":
    case "down":
      return to(review.place.row + 1);
    case "k":
    case "up":
      return to(review.place.row - 1);
    case "g":
    case "home":
      return to(0);
    case "G":
    case "end":
      return to(rows.length - 1);
    case "ctrl+d":
      return to(review.place.row + Math.ceil(page / 2));
    case "ctrl+u":
      return to(review.place.row - Math.ceil(page / 2));
    case "ctrl+f":
    case "pagedown":
      return to(review.place.row + page);
    case "ctrl+b":
    case "pageup":
      return to(review.place.row - page);
    case "J":
      return done(showing(state, { ...review, diffFirst: review.diffFirst + 1 }));
    case "K":
      return done(showing(state, { ...review, diffFirst: Math.max(0, review.diffFirst - 1) }));
    case "space":
      return row === undefined ? done(state) : toggle(state, review, row, rows, list);
    case "a":
      return done(showing(state, withAll(review, "all")));
    case "n":
      return done(showing(state, withAll(review, "none")));
    case "s": {
      const split = row === undefined ? undefined : splitAt(review, row);
      return split === undefined
        ? warn(state, words("This cannot be split: it is one change."))
        : done(showing(state, split));
    }
    case "tab":
      return review.folders < 2
        ? warn(state, words("There is nothing to apply to another folder."))
        : done(state, { kind: "review", folder: (review.folderIndex + 1) % review.folders });
    case "enter":
      return countsOf(review).taken.parts === 0
        ? warn(state, words("Nothing is chosen yet: Space takes a row, a takes all."))
        : done(showing(state, { ...review, step: "confirm" }));
    default:
      return done(state);
  }
}

/** Takes or drops a row, and moves to the next file or hunk. */
function toggle(
  state: State,
  review: Review,
  row: ReviewRow,
  rows: readonly ReviewRow[],
  height: number,
): Step {
  const next = toggled(review, row);
  // After a whole file all its parts are skipped.
  const after = rows.findIndex(
    (one, index) => index > review.place.row && (row.part !== undefined || one.file !== row.file),
  );
  const at = after === -1 ? review.place.row : after;
  return done(showing(state, moved(next, at, rows.length, height)));
}

function moved(review: Review, to: number, count: number, height: number): Review {
  const row = clampRow(to, count);
  const { first } = follow({ first: review.place.first, height }, row, count);
  const diffFirst = row === review.place.row ? review.diffFirst : 0;
  return { ...review, place: { row, first }, diffFirst };
}

function showing(state: State, review: Review): State {
  return { ...state, overlay: { kind: "review", review } };
}
