import type { Run, Seq } from "../../journal/index.ts";
import type { Findings } from "../findings/index.ts";
import type { History } from "../history/index.ts";
import { printable, printableName } from "../text/index.ts";
import { EventsOfPage, mostLog } from "./events-of-page.ts";
import type { ChangeData, FindingData, LogRow, ReportData } from "./format/data.ts";
import type { KeptLogs } from "./kept-logs.ts";
import { LineAuthors } from "./line-authors.ts";
import { changesOf } from "./run-changes.ts";
import { byInterest, cut, runData, shownOf } from "./shown-runs.ts";
import { weightOf } from "./weight.ts";

/** Gives a report what the record does not tell. */
export interface ReportOptions {
  readonly title: string;
  readonly found: Findings;
  /** Holds the events that were read already. */
  readonly events?: EventsOfPage;
}

/** Bounds the bytes of parts of a page, which has 3 MiB with its log and tree. */
const [mostFindings, mostChanges] = [200_000, 900_000];
/** Bytes with which it is not worth while to go on. */
const leastRoom = 2_000;
/** Gathers a page's data from a record, and names what a page has no room for. */
export function gather(
  history: History,
  { title, found, events = new EventsOfPage(history) }: ReportOptions,
): ReportData {
  const { journal } = history;
  const base = journal.base()?.seq ?? 0;
  const { runs, head } = events;
  const leftOut: string[] = [];
  const shown = shownOf(runs);
  if (runs.length > shown.length) leftOut.push(`${runs.length - shown.length} earlier runs`);
  const { activity, logs, tree } = events.end();
  const log = chosenRows(shown, logs, leftOut);
  if (!tree.isWhole) leftOut.push("some paths of the tree, which shows the first ones only");
  if (base > 0) leftOut.push(`what happened up to event ${base}, which is folded`);
  const findings = chosenFindings(found, leftOut);
  for (const [rule, count] of found.more) leftOut.push(`${count} findings of the rule ${rule}`);
  for (const unseen of found.unseen) leftOut.push(`findings in ${unseen}`);
  return {
    title: cut(printable(title)),
    facts: [
      ["events", head.toLocaleString("en-US")],
      ["runs", runs.length.toLocaleString("en-US")],
      ["head", journal.digest().digest],
    ],
    runs: shown.map(runData),
    findings,
    activity,
    log,
    changes: chosenChanges(history, shown, base, leftOut),
    tree,
    leftOut,
  };
}

function chosenFindings({ findings }: Findings, leftOut: string[]): FindingData[] {
  const chosen: FindingData[] = [];
  let room = mostFindings;
  for (const { level, path, target, reason, run, seq } of findings) {
    const place =
      target === undefined
        ? printableName(path)
        : `${printableName(path)} → ${printableName(target)}`;
    const one = { level, place: cut(place), reason: cut(printable(reason)), run, seq };
    room -= weightOf(one);
    if (room < 0) break;
    chosen.push(one);
  }
  const missing = findings.length - chosen.length;
  if (missing > 0) leftOut.push(`${missing} less urgent findings`);
  return chosen;
}

function chosenRows(runs: readonly Run[], logs: KeptLogs, leftOut: string[]): LogRow[] {
  let room = mostLog;
  let missing = 0;
  const chosen: LogRow[] = [];
  for (const { run } of byInterest(runs)) {
    const log = logs.get(run);
    if (log === undefined) continue;
    missing += log.leftOut;
    for (const row of log.rows) {
      const size = weightOf(row);
      if (room < size) missing += 1;
      else {
        room -= size;
        chosen.push(row);
      }
    }
  }
  if (missing > 0) leftOut.push(`${missing.toLocaleString("en-US")} rows of the log`);
  return chosen.sort((left, right) => left[0] - right[0]);
}

function chosenChanges(
  history: History,
  runs: readonly Run[],
  base: number,
  leftOut: string[],
): ChangeData[] {
  let room = mostChanges;
  let missing = 0;
  let bare = 0;
  const chosen: ChangeData[] = [];
  const authors = new LineAuthors(history.journal);
  for (const { run, start, first, last } of byInterest(runs)) {
    if (start.cause === "import" || first <= base || room <= 0) continue;
    const [before, after] = [history.at((first - 1) as Seq), history.at(last)];
    const found = changesOf(history.journal, { run, first, last, before, after });
    missing += found.leftOut;
    let looked = 0;
    for (const one of found.changes) {
      looked += 1;
      const { hunks, ...rest } = one.data;
      const isLarge = hunks !== undefined && weightOf(one.data) > room / 4;
      if (isLarge) bare += 1;
      const kept = isLarge ? rest : one.withAuthors(authors);
      const size = weightOf(kept);
      if (size > room) missing += 1;
      else {
        room -= size;
        chosen.push(kept);
      }
      if (room < leastRoom) break;
    }
    missing += found.count - looked;
  }
  if (bare > 0) leftOut.push(`the lines of ${bare} changes`);
  if (authors.missed > 0) leftOut.push(`who wrote the lines of ${authors.missed} changes`);
  if (missing > 0) leftOut.push(`${missing} changed paths`);
  return chosen;
}
