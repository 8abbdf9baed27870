import type { State } from "../state/state.ts";
import { without } from "../state/state.ts";
import { type Step, done } from "./step.ts";

/** Returns the effect of Esc, first match first: none quits. */
export function oneStepOut(state: State): Step | undefined {
  if (state.job !== undefined) return done(without(state, "job"), { kind: "stop-scan" });
  if (state.filter?.state === "running")
    return done({ ...state, filter: { ...state.filter, state: "stopped" } }, { kind: "stop-scan" });
  if (state.filter !== undefined) return done(without(state, "filter"));
  if (state.search !== undefined) return done(without(state, "search"));
  if (state.zoom === "full") return done({ ...state, zoom: "split" });
  if (state.pin !== undefined) return done(without(state, "pin"));
  if (state.mode.kind === "playing")
    return done({ ...state, mode: { kind: "paused", known: state.mode.known } });
  return state.focus === "timeline" ? undefined : done({ ...state, focus: "timeline" });
}
