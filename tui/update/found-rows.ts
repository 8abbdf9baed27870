import { joined, printable, words } from "../../src/text/index.ts";
import { mainPlace } from "../rows/arrange.ts";
import { mainContents, mainRows } from "../rows/main-rows.ts";
import type { Recording } from "../recording/recording.ts";
import type { Direction, Progress, Scan } from "../state/scan.ts";
import type { State } from "../state/state.ts";
import { type Step, done } from "./step.ts";

/** Looks for the next row of the main panel with a text; what was found holds while the panel shows the same. */
export function searchInRows(
  state: State,
  text: string,
  direction: Direction,
  recording: Recording,
): Step {
  const of = mainContents(state);
  const from = mainPlace(state, recording).row;
  const { search } = state;
  if (search?.kind === "rows" && search.text === text && search.found?.of === of)
    return done(nearest(state, search.found.rows, { from, direction, text }, recording));
  const rows = mainRows(state, recording);
  return done(
    { ...state, search: { kind: "rows", text } },
    { kind: "scan", scan: { kind: "rows", text, of, rows, from, direction } },
  );
}

/** Goes to the row that was found, if the panel still shows what was searched. */
export function atFoundRow(
  state: State,
  scan: Extract<Scan, { kind: "rows" }>,
  { lines = [] }: Progress,
  recording: Recording,
): State {
  const { search } = state;
  if (search?.kind !== "rows" || search.text !== scan.text) return state;
  const next: State = { ...state, search: { ...search, found: { of: scan.of, rows: lines } } };
  return mainContents(state) === scan.of ? nearest(next, lines, scan, recording) : next;
}

function nearest(
  state: State,
  rows: readonly number[],
  { from, direction, text }: Pick<Extract<Scan, { kind: "rows" }>, "from" | "direction" | "text">,
  recording: Recording,
): State {
  const isForward = direction === "forward";
  const straight = isForward ? rows.find((row) => row > from) : rows.findLast((row) => row < from);
  const row = straight ?? (isForward ? rows[0] : rows.at(-1));
  if (row === undefined) {
    const told = joined([words("No row here has"), printable(text)]);
    return { ...state, toast: { kind: "warning", text: told } };
  }
  const place = { ...mainPlace(state, recording), row };
  const next = { ...state, main: { ...state.main, place } };
  if (straight !== undefined) return next;
  const told =
    row === from
      ? words("This is the only row with it.")
      : isForward
        ? words("None after this: went on from the first row.")
        : words("None before this: went on from the last row.");
  return { ...next, toast: { kind: "warning", text: told } };
}
