import type { Printable } from "../../src/text/index.ts";
import type { Effect } from "../state/effect.ts";
import type { State } from "../state/state.ts";

/** What comes of a message. */
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
