import type { Run } from "../../journal/index.ts";
import { runWords } from "../history/index.ts";
import { formatMoment, joined, printable } from "../text/index.ts";
import type { RunData } from "./format/data.ts";
import { weightOf } from "./weight.ts";

/** Bounds the runs that are listed, and their bytes in the page. */
const mostRuns = 500;
const mostRunBytes = 200_000;

/** Returns the last runs that a page has room for. */
export function shownOf(runs: readonly Run[]): Run[] {
  let room = mostRunBytes;
  const last = runs.slice(-mostRuns);
  const first = last.findLastIndex((run) => (room -= weightOf(runData(run))) < 0);
  return last.slice(first + 1);
}

/** Orders runs by interest: programs first, and the last of them before the others. */
export function byInterest(runs: readonly Run[]): Run[] {
  const isProgram = ({ start }: Run) => start.cause === "guest" || start.cause === "library";
  return [
    ...runs.filter(isProgram).toReversed(),
    ...runs.filter((run) => !isProgram(run)).toReversed(),
  ];
}

/** Returns a run as the page tells of it. */
export function runData({ run, start, end, first, last }: Run): RunData {
  const isProgram = start.cause === "guest" || start.cause === "library";
  const reason = end?.reason === undefined ? "" : `, ${cut(printable(end.reason))}`;
  return {
    run,
    kind: isProgram ? "program" : "other",
    command: cut(joined(runWords(start).map(printable), " ")),
    began: formatMoment(start.time),
    end: end === undefined ? "did not end" : `exit ${end.exit}${reason}`,
    isGood: end?.exit === 0,
    first,
    last,
  };
}

/** Shortens a text that nobody reads to its end. */
export function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

const longestText = 300;
