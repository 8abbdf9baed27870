import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";

import { screenOf } from "../panels/screen.ts";
import type { Recording } from "../recording/recording.ts";
import type { State } from "../state/state.ts";
import { update } from "../update/update.ts";

/** Pause in typing after which the next screens are prepared. */
const restMilliseconds = 20;
/** After a screen that takes longer there is another pause: a key that comes meanwhile has to wait. */
const mostMilliseconds = 16;
/** No more screens are prepared after one that takes longer than this, or after such a key. */
const costlyMilliseconds = 50;

/** Prepares what the next key will show before it is pressed. */
export interface Ahead {
  /** Starts anew from this state, which took so long to make; resolves when all is prepared, or when it was stopped. */
  from(state: State, milliseconds: number): Promise<void>;
  stop(): void;
}

/**
 * Prepares by making the next screens and dropping them: that is pure and remembers the data it reads, so that the real
 * call is fast. `collect` is called afterwards, as long as no key came.
 */
export function lookingAhead(
  recording: Recording,
  now: () => number,
  collect: () => void = () => {},
): Ahead {
  let turn = 0;
  let cursor = 0;
  const isReady = (state: State): boolean =>
    state.overlay === undefined &&
    state.replay === undefined &&
    state.settled === state.cursor &&
    state.mode.kind === "paused";

  /** Makes the screen of a key; tells how long that took, as the real key press reports an error. */
  function make(state: State, token: string): number {
    const begin = now();
    try {
      const next = update(state, { kind: "key", token, pace: "single" }, recording).state;
      // Rows of the tree load their inodes when they are drawn.
      screenOf(next, recording, next.glyphs);
    } catch {
      return Number.POSITIVE_INFINITY;
    }
    return now() - begin;
  }

  return {
    async from(state, milliseconds) {
      turn += 1;
      const mine = turn;
      const keys = likely(state.cursor < cursor ? "back" : "forward");
      ({ cursor } = state);
      if (!isReady(state)) return;
      let time = milliseconds;
      await wait(restMilliseconds, undefined, { ref: false });
      for (const token of keys) {
        if (time > costlyMilliseconds) break;
        if (time > mostMilliseconds) await wait(restMilliseconds, undefined, { ref: false });
        await nextTurn();
        if (turn !== mine) return;
        time = make(state, token);
        await nextTurn();
        if (turn !== mine) return;
        // A step is the likeliest key, and comes before the pages are made.
        if (token === keys[1]) collect();
      }
      if (turn === mine) collect();
    },
    stop() {
      turn += 1;
    },
  };
}

/** Returns likely next keys: each moves a row or a page in the list that has the focus, first on in the same way. */
function likely(way: "forward" | "back"): readonly string[] {
  return way === "forward"
    ? ["down", "up", "pagedown", "pageup"]
    : ["up", "down", "pageup", "pagedown"];
}
