import type { Recording } from "../recording/recording.ts";
import type { Effect, Message } from "../state/effect.ts";
import type { State } from "../state/state.ts";
import { failureOf } from "../update/told.ts";
import { update } from "../update/update.ts";

/** The debugger's state, and the only place where it changes. */
export interface Loop {
  readonly state: () => State;
  /** Handles messages one after another, then what follows from them; does nothing once the loop has stopped. */
  readonly dispatch: (...messages: readonly Message[]) => void;
  /** Calls a function after each change of the state; returns one that ends this. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly isStopped: () => boolean;
  readonly stop: () => void;
}

export interface Consequences {
  readonly perform: (effect: Effect) => void;
  /** Starts and stops work that follows from a change of the state, whose messages were handled from `began` on. */
  readonly after: (before: State, began: number) => void;
}

export function loopOn(
  start: State,
  recording: Recording,
  { now, perform, after }: Consequences & { readonly now: () => number },
): Loop {
  const listeners = new Set<() => void>();
  let state = start;
  let isStopped = false;
  return {
    state: () => state,
    dispatch(...messages) {
      if (isStopped) return;
      const before = state;
      const began = now();
      const effects: Effect[] = [];
      try {
        for (const message of messages) {
          const step = update(state, message, recording);
          state = step.state;
          effects.push(...step.effects);
        }
      } catch (error) {
        state = { ...state, overlay: { kind: "failure", ...failureOf(error) } };
      }
      for (const effect of effects) perform(effect);
      if (state === before) return;
      after(before, began);
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isStopped: () => isStopped,
    stop() {
      isStopped = true;
    },
  };
}
