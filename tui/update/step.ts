import type { Printable } from "../../src/text/index.ts";
import type { Effect } from "../state/effect.ts";
import type { State } from "../state/state.ts";

/** Result of a message: the new state, and effects. */
export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export function done(state: State, ...effects: readonly Effect[]): Step {
  return { state, effects };
}

export function warn(state: State, text: Printable): Step {
  return done({ ...state, toast: { kind: "warning", text } });
}
