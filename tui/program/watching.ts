import type { Seq } from "../../journal/index.ts";
import type { Recording } from "../recording/recording.ts";
import type { Loop } from "./loop.ts";
import type { Telling } from "./telling.ts";

/** Watches the journal while others write it. */
export interface Watching {
  /** Reads what came in since the last look. */
  readonly look: () => void;
  /** Reads what the debugger itself wrote, which is no growth; returns the last event. */
  takeOwn(): Seq;
  stop(): void;
}

const pollMilliseconds = 100;

export function watchingOn(
  recording: Recording,
  {
    now,
    loop,
    dispatch,
    fail,
    besides,
  }: Pick<Telling, "dispatch" | "fail"> & {
    readonly now: () => number;
    readonly loop: Loop;
    /** Runs with each look, before the state hears of new events. */
    readonly besides: () => void;
  },
): Watching {
  let lastGrowth = { at: now(), head: loop.state().head };

  function tellGrowth(): void {
    const at = now();
    const head = recording.head();
    const seconds = Math.max(0.1, (at - lastGrowth.at) / 1_000);
    const rate = Math.round((head - lastGrowth.head) / seconds);
    lastGrowth = { at, head };
    dispatch({ kind: "grew", head, rate });
  }

  function look(): void {
    if (loop.isStopped()) return;
    try {
      const hasGrown = recording.refresh();
      besides();
      if (hasGrown) tellGrowth();
      else if (loop.state().rate > 0 && now() - lastGrowth.at > 1_000) dispatch({ kind: "idle" });
    } catch (error) {
      clearInterval(polling);
      fail(error);
    }
  }

  const polling = setInterval(look, pollMilliseconds);
  return {
    look,
    takeOwn() {
      recording.refresh();
      lastGrowth = { at: now(), head: recording.head() };
      return lastGrowth.head;
    },
    stop: () => clearInterval(polling),
  };
}
