import { phrase, words } from "../../src/text/index.ts";
import { mainRows } from "../rows/main-rows.ts";
import { placeKey } from "../rows/arrange.ts";
import type { Recording } from "../recording/recording.ts";
import { notThere } from "../state/whereabouts.ts";
import type { State } from "../state/state.ts";
import { type Step, done, warn } from "./step.ts";

/** Shows a line of the file that is selected, in its content or its blame. */
export function toLine(state: State, line: number, recording: Recording): Step {
  const { main, path, settled } = state;
  const inode = recording.inodeAt(path, settled);
  if (inode === undefined) return warn(state, notThere(recording, path, settled));
  if (inode.type !== "file") return warn(state, words("Only a file has lines: o finds one."));
  const tab = main.tab === "blame" ? "blame" : "content";
  const next: State = { ...state, focus: "main", main: { ...main, tab, form: "text", left: 0 } };
  const { count } = mainRows(next, recording);
  if (line > count) return warn(next, phrase`It has ${count} lines at this moment.`);
  const place = { row: line - 1, first: Math.max(0, line - 4) };
  return done({ ...next, main: { ...next.main, of: placeKey(next), place } });
}
