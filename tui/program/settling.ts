import { JournalError, type Seq } from "../../journal/index.ts";
import type { Recording } from "../recording/recording.ts";
import { makeSnapshots } from "../recording/snapshots.ts";
import { shownTree } from "../rows/arrange.ts";
import { mainRows } from "../rows/main-rows.ts";
import type { Loop } from "./loop.ts";
import type { Telling } from "./telling.ts";

/** Makes the costly panels' data once no more keys come in. */
export interface Settling {
  /** Notes that keys came in, and tells if they belong to a burst. */
  noteKeys(): "burst" | "single";
  /** Waits anew for the end of the keys if the state has moved. */
  after(): void;
  stop(): void;
}

type Surroundings = Pick<Telling, "dispatch" | "fail"> & {
  readonly now: () => number;
  readonly loop: Pick<Loop, "state" | "isStopped">;
};

/** Keys closer than this are one burst: costly work waits for its end. */
const burstMilliseconds = 50;

export function settlingOn(
  recording: Recording,
  { now, loop, dispatch, fail }: Surroundings,
): Settling {
  const preparing = preparingOn(recording, { loop, dispatch });
  let lastKey = Number.NEGATIVE_INFINITY;
  let pace: "burst" | "single" = "single";
  let timer: NodeJS.Timeout | undefined;

  /** Works in parts, so that a key in between need not wait. */
  function settle(): void {
    const state = loop.state();
    const settled = { ...state, settled: state.cursor };
    const parts = [
      () => approach(state.cursor),
      () => void shownTree(settled, recording),
      () => void mainRows(settled, recording),
      () => dispatch({ kind: "settle" }),
    ];
    const go = (): void => {
      const part = parts.shift();
      if (part === undefined || loop.isStopped()) return;
      timer = setTimeout(go, 0);
      carryOut(part);
    };
    go();
  }

  /** Makes the tree at a moment, or prepares the journal first if that would take long. */
  function approach(cursor: Seq): void {
    if (recording.nearness(cursor) !== "far" || preparing.stage() === "over")
      recording.tree(cursor);
    else if (recording.approach(cursor) === "unprepared") {
      clearTimeout(timer);
      preparing.begin(settle);
    }
  }

  function carryOut(part: () => void): void {
    try {
      part();
    } catch (error) {
      clearTimeout(timer);
      // The panels report the damage in their places.
      if (error instanceof JournalError) dispatch({ kind: "settle" });
      else fail(error);
    }
  }

  if (loop.state().settled !== loop.state().cursor) timer = setTimeout(settle, burstMilliseconds);

  return {
    noteKeys() {
      const at = now();
      pace = at - lastKey < burstMilliseconds ? "burst" : "single";
      lastKey = at;
      return pace;
    },
    after() {
      clearTimeout(timer);
      const { settled, cursor, replay } = loop.state();
      if (settled === cursor || preparing.stage() === "under way") return;
      const isQuick = pace === "single" && replay === undefined;
      timer = setTimeout(settle, isQuick ? 0 : burstMilliseconds);
    },
    stop() {
      clearTimeout(timer);
      preparing.stop();
    },
  };
}

/** Makes the snapshots that a journal lacks, once; if none can be stored, all events are replayed each time. */
interface Preparing {
  readonly stage: () => "to come" | "under way" | "over";
  /** Calls back when it is over, unless the program has stopped. */
  begin(then: () => void): void;
  stop(): void;
}

function preparingOn(
  recording: Recording,
  { loop, dispatch }: Pick<Surroundings, "loop" | "dispatch">,
): Preparing {
  let stage: ReturnType<Preparing["stage"]> = "to come";
  let stop = (): void => {};
  return {
    stage: () => stage,
    begin(then) {
      // A journal of a depot has the snapshots that were made there.
      if (recording.elsewhere !== undefined) {
        stage = "over";
        return then();
      }
      const maker = makeSnapshots(recording.file);
      stop = () => maker.stop();
      stage = "under way";
      dispatch({ kind: "preparing" });
      void maker.done.then(() => {
        stage = "over";
        if (!loop.isStopped()) then();
      });
    },
    stop: () => stop(),
  };
}
