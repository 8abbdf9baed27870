import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";

import type { Recording } from "../recording/recording.ts";
import type { State } from "../state/state.ts";
import { update } from "../update/update.ts";

/** Keys that are likely to come next: each goes a row or a page away in the list that has the focus. */
const likely = ["down", "up", "pagedown", "pageup"] as const;

/** So long nobody types before anything is made that nobody asked for. */
const restMilliseconds = 20;
/** What takes longer than this is made when it is asked for: a key that comes meanwhile has to wait. */
const mostMilliseconds = 16;
/** Where the last key took longer than this, so would what is made ahead. */
const costlyMilliseconds = 50;

/** Makes what the next key will show before it is pressed. */
export interface Ahead {
  /** Begins anew from this state, which took so long to make; resolves when all is made, or when it was stopped. */
  from(state: State, milliseconds: number): Promise<void>;
  stop(): void;
}

/** An update is pure and what it reads is remembered, so that doing it for nothing makes the real one fast. */
export function lookingAhead(recording: Recording, now: () => number): Ahead {
  let turn = 0;
  return {
    async from(state, milliseconds) {
      turn += 1;
      const mine = turn;
      if (milliseconds > costlyMilliseconds) return;
      if (state.overlay !== undefined || state.replay !== undefined) return;
      if (state.settled !== state.cursor || state.mode.kind !== "paused") return;
      await wait(restMilliseconds, undefined, { ref: false });
      for (const token of likely) {
        await nextTurn();
        if (turn !== mine) return;
        const begin = now();
        try {
          update(state, { kind: "key", token, pace: "single" }, recording);
        } catch {
          // Whoever presses the key is told.
          return;
        }
        if (now() - begin > mostMilliseconds) return;
      }
    },
    stop() {
      turn += 1;
    },
  };
}
