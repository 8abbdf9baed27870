import type { Run } from "../../../journal/index.ts";
import { type Told, partOf } from "./told.ts";

/** A run, as far as its turn goes. */
interface Labelled {
  readonly start: Pick<Run["start"], "labels">;
}

/**
 * Returns the number of the turn that an agent is at: one that begins has the next number in its journal, whichever the
 * session; a step or an end belongs to the last one of its session, unless that has ended.
 */
export function turnOf(runs: readonly Labelled[], { at, session }: Told): number {
  const turns = runs.flatMap(({ start: { labels } }) => {
    const turn = Number(labels?.get("turn"));
    return Number.isSafeInteger(turn) && turn > 0 ? [{ turn, labels }] : [];
  });
  const last = turns.findLast(({ labels }) => labels?.get("session") === session);
  const next = turns.reduce((most, { turn }) => Math.max(most, turn), 0) + 1;
  const isOver = last === undefined || partOf(last.labels?.get("event")) === "end";
  return at === "begin" || isOver ? next : last.turn;
}
