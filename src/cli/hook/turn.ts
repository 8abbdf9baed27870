import type { Run } from "../../../journal/index.ts";
import { turnNumber } from "../../text/index.ts";
import { type Told, partOf } from "./told.ts";

/** A run, as far as its turn goes. */
interface Labelled {
  readonly start: Pick<Run["start"], "labels">;
}

/**
 * Returns the number of the turn that an agent is at: one that begins has the next number in its journal, whichever the
 * session; a step or an end belongs to the last one of its session, unless that has ended.
 */
export function turnOf(runs: readonly Labelled[], told: Told): number {
  const turns = turnsIn(runs);
  const last = going(turns, told);
  const next = turns.reduce((most, { turn }) => Math.max(most, turn), 0) + 1;
  return told.at === "begin" || last === undefined ? next : last.turn;
}

/** Tells if something was done in a turn of the agent's session that has not ended. */
export function hasWork(runs: readonly Labelled[], told: Told): boolean {
  const last = going(turnsIn(runs), told);
  return last !== undefined && partOf(last.labels?.get("event")) !== "begin";
}

/** Tells if a run is but a hook's word on where a turn begins or ends. */
export function isWord({ start, first, last }: Run): boolean {
  const { cause, labels } = start;
  const isHooks = labels?.has("event") === true && labels.has("turn");
  return cause === "library" && isHooks && last === first + 1;
}

interface Turn {
  readonly turn: number;
  readonly labels: Run["start"]["labels"];
}

function turnsIn(runs: readonly Labelled[]): readonly Turn[] {
  return runs.flatMap(({ start: { labels } }) => {
    const turn = turnNumber(labels?.get("turn"));
    return turn > 0 ? [{ turn, labels }] : [];
  });
}

function going(turns: readonly Turn[], { session }: Told): Turn | undefined {
  const last = turns.findLast(({ labels }) => labels?.get("session") === session);
  return partOf(last?.labels?.get("event")) === "end" ? undefined : last;
}
