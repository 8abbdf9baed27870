import { checkDraft } from "../format/draft.ts";
import type { Draft, Event, RunNumber, Seq, TapePosition } from "../format/event.ts";
import { hasBytes } from "../format/kinds.ts";
import type { Stored } from "../reading/stored.ts";

const noRun = 0 as RunNumber;

/** The state of a journal that a writer continues from. */
export interface Situation {
  readonly seq: Seq;
  /** The time of the last event, 0 without events. */
  readonly time: bigint;
  readonly lastRun: RunNumber;
  /** The run that a killed writer left open, or 0. It can be ended, and nothing else can be added to it. */
  readonly leftOpen: RunNumber;
}

/** Gives events their seq, time and run. */
export interface Stamps {
  /** Makes the event of a fact; a write is put at this position of the tape. Throws TypeError, see `checkDraft`. */
  stamp(draft: Draft, payload: Uint8Array | undefined, position: number): Event;
  /** Must be called when the event is taken, so that the next one follows it. */
  keep(event: Event): void;
}

/** `run` continues a run that was begun elsewhere. */
export function openStamps(
  situation: Situation,
  now: () => bigint,
  run: RunNumber = noRun,
): Stamps {
  let { seq, time: lastTime, lastRun, leftOpen } = situation;
  let openRun = run;
  /** Nanoseconds by which times are ahead of the clock, if that was set back. */
  let ahead = 0n;

  /**
   * Never returns less than the last event's time; after the clock was set back it continues from there at the clock's
   * pace.
   */
  function timeOf(clock: bigint): bigint {
    if (clock >= lastTime) ahead = 0n;
    else if (clock + ahead < lastTime) ahead = lastTime - clock;
    return clock + ahead;
  }

  function runFor(draft: Draft): RunNumber {
    return draft.kind === "run-end" && openRun === noRun ? leftOpen : openRun;
  }

  function runOf(draft: Draft): RunNumber {
    if (draft.kind === "mark") return noRun;
    return draft.kind === "run-start" ? ((lastRun + 1) as RunNumber) : runFor(draft);
  }

  return {
    stamp(draft, payload, position) {
      checkDraft(draft, payload, { seq, openRun: runFor(draft) });
      const time = timeOf(now());
      const run = runOf(draft);
      const next = (seq + 1) as Seq;
      return hasBytes(draft)
        ? { ...draft, tape: position as TapePosition, seq: next, time, run }
        : { ...draft, seq: next, time, run };
    },
    keep(event) {
      seq = event.seq;
      lastTime = event.time;
      if (event.kind === "run-start") {
        lastRun = event.run;
        openRun = event.run;
        leftOpen = noRun;
      } else if (event.kind === "run-end") {
        openRun = noRun;
        leftOpen = noRun;
      }
    },
  };
}

/** Reads the state of a journal after its last commit. */
export function situationOf(stored: Stored): Situation {
  const seq = stored.head();
  const controls = stored.controls();
  const last = controls.findLast(({ kind }) => kind === "run-start" || kind === "run-end");
  return {
    seq,
    time: seq === 0 ? 0n : stored.time(seq),
    lastRun: controls.findLast(({ kind }) => kind === "run-start")?.run ?? noRun,
    leftOpen: last?.kind === "run-start" ? last.run : noRun,
  };
}
