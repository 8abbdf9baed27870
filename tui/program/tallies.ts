import type { Seq } from "../../journal/index.ts";
import type { Recording } from "../recording/recording.ts";
import type { Message } from "../state/effect.ts";
import type { Criteria } from "../state/find.ts";
import { noMatches } from "../state/matches.ts";
import { scanning, stops } from "../state/scan.ts";
import type { Hits, State } from "../state/state.ts";
import type { Slices, Work } from "./slices.ts";

/** Finds all events of breakpoints, and of a search, beside the screen: nobody waits for them. */
export interface Tallies {
  /** Counts anew what is different in two states. */
  after(before: State, now: State): void;
  isBusy(): boolean;
}

export function talliesOn(
  recording: Recording,
  { slices, dispatch }: { readonly slices: Slices; readonly dispatch: (message: Message) => void },
): Tallies {
  const breakpoints = tallyOf(recording, slices);
  const search = tallyOf(recording, slices);
  return {
    after(before, now) {
      if (before.breakpoints !== now.breakpoints)
        breakpoints.count(stops(now.breakpoints), now, (hits) => dispatch({ kind: "hits", hits }));
      const criteria = criteriaOf(now);
      if (criteriaOf(before) !== criteria)
        search.count(criteria, now, (hits) => {
          if (criteria !== undefined) dispatch({ kind: "counted", criteria, hits });
        });
    },
    isBusy: () => breakpoints.isBusy() || search.isBusy(),
  };
}

function criteriaOf({ search }: State): Criteria | undefined {
  return search?.kind === "events" ? search.criteria : undefined;
}

interface Tally {
  /** Finds all matches; reports them at the end, none without criteria. */
  count(criteria: Criteria | undefined, state: State, report: (hits: Hits) => void): void;
  isBusy(): boolean;
}

function tallyOf(recording: Recording, slices: Slices): Tally {
  let busy: Work | undefined;
  return {
    count(criteria, { cursor, head }, report) {
      busy?.stop();
      busy = undefined;
      if (criteria === undefined) return report({ matches: noMatches, head });
      const work = slices.of(scanning(recording, { kind: "filter", criteria, from: cursor }));
      busy = work;
      work.start(({ isDone, matches, total }) => {
        if (!isDone || matches === undefined) return;
        busy = undefined;
        report({ matches, head: total as Seq });
      });
    },
    isBusy: () => busy !== undefined,
  };
}
