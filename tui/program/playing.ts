import type { Message } from "../state/effect.ts";
import type { State } from "../state/state.ts";

/** Moves on through time while the state plays. */
export interface Playing {
  /** Starts, stops, or goes on at another speed. */
  after(before: State, now: State): void;
  stop(): void;
}

/** Shortest time between two frames. */
const frameMilliseconds = 66;

export function playingBy(dispatch: (message: Message) => void): Playing {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    after(before, { mode, speed }) {
      if (mode.kind !== "playing") return stop();
      if (timer !== undefined && before.speed === speed) return;
      clearInterval(timer);
      const each = Math.max(frameMilliseconds, 1_000 / speed);
      const events = Math.max(1, Math.round((speed * each) / 1_000));
      timer = setInterval(() => dispatch({ kind: "played", events }), each);
    },
    stop,
  };
}
