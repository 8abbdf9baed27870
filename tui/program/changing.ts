import type { Seq } from "../../journal/index.ts";
import { type Printable, words } from "../../src/text/index.ts";
import type { Recording } from "../recording/recording.ts";
import type { Effect } from "../state/effect.ts";
import type { Plan, PlanKind } from "../state/state.ts";
import { notThere } from "../state/whereabouts.ts";
import { carryOut, planFor, putBackWithin, setMark } from "../state/writing.ts";
import { carriedOut, carriedOutWithin, marked } from "../update/told.ts";
import type { Telling } from "./telling.ts";
import type { Watching } from "./watching.ts";

/** Effects that write to the journal, or say what would be written. */
export interface Changing {
  mark(name: string, at: Seq): void;
  plan(wanted: Extract<Effect, { kind: "plan" }>): void;
  carryOut(plan: Plan): void;
}

export function changingOn(
  recording: Recording,
  {
    watching,
    isStopped,
    dispatch,
    tell,
    fail,
    attempt,
  }: Telling & { readonly watching: Watching; readonly isStopped: () => boolean },
): Changing {
  /** Has the program that runs do it, if one does, and does it here otherwise. */
  async function doPlanned(plan: Plan): Promise<void> {
    try {
      const within = await putBackWithin(recording, plan);
      if (isStopped()) return;
      if (within === undefined) carryOut(recording, plan);
      const head = watching.takeOwn();
      const toast = within === undefined ? carriedOut(plan, head) : carriedOutWithin(plan, within);
      dispatch({ kind: "carried-out", head, toast });
    } catch (error) {
      fail(error, words("Nothing was changed"));
    }
  }

  return {
    mark: (name, at) =>
      attempt(words("The mark was not set"), () => {
        setMark(recording, name, at);
        dispatch({ kind: "marked", head: watching.takeOwn(), toast: marked(name, at) });
      }),
    plan({ plan: kind, path, to, event }) {
      watching.look();
      attempt(event === undefined ? refusals[kind] : notAlone, () => {
        const plan = planFor(recording, kind, path, to, event);
        if (plan === undefined) tell("warning", notThere(recording, path, to));
        else dispatch({ kind: "planned", plan });
      });
    },
    carryOut: (plan) => void doPlanned(plan),
  };
}

const notAlone = words("Not undone by itself; r puts the path back");
const refusals = {
  restore: words("It cannot be restored"),
  undo: words("Nothing can be undone"),
  redo: words("Nothing can be redone"),
} as const satisfies Record<PlanKind, Printable>;
