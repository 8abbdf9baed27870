import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";

import type { Recording } from "../recording/recording.ts";
import type { State } from "../state/state.ts";
import { update } from "../update/update.ts";

/** Likely next keys: each moves a row or a page in the list that has the focus. */
const likely = ["down", "up", "pagedown", "pageup"] as const;

/** Pause in typing after which the next screens are prepared. */
const restMilliseconds = 20;
/** A screen that takes longer is made only on demand: a key that comes meanwhile has to wait. */
const mostMilliseconds = 16;
/** If the last key took longer than this, nothing is prepared. */
const costlyMilliseconds = 50;

/** Prepares what the next key will show before it is pressed. */
export interface Ahead {
  /** Starts anew from this state, which took so long to make; resolves when all is prepared, or when it was stopped. */
  from(state: State, milliseconds: number): Promise<void>;
  stop(): void;
}

/**
 * Prepares by calling the update and dropping the result: it is pure and remembers the data it reads, so that the real
 * call is fast.
 */
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
          // The real key press will report the error.
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
