import type { Run, Seq } from "../../journal/index.ts";
import type { Findings } from "../findings/index.ts";
import { type History, runWords } from "../history/index.ts";
import { formatMoment, joined, printable, printableName } from "../text/index.ts";
import { Activity } from "./activity.ts";
import type { ChangeData, FindingData, LogRow, ReportData, RunData } from "./format/data.ts";
import { KeptLogs } from "./kept-logs.ts";
import { LineAuthors } from "./line-authors.ts";
import { RunLog } from "./log-rows.ts";
import { changesOf } from "./run-changes.ts";
import { TreeSteps } from "./tree-steps.ts";
import { weightOf } from "./weight.ts";

/** Gives a report what the record does not tell. */
export interface ReportOptions {
  readonly title: string;
  readonly found: Findings;
}

/** Bounds the bytes of each part of a page, which has 3 MiB with its tree. */
const [mostFindings, mostRunBytes, mostLog, mostChanges] = [200_000, 200_000, 1_000_000, 900_000];
/** Bytes with which it is not worth while to go on. */
const leastRoom = 2_000;
/** Bounds the runs that are listed. */
const mostRuns = 500;

/** Gathers a page's data from a record, and names what a page has no room for. */
export function gather(history: History, { title, found }: ReportOptions): ReportData {
  const { journal } = history;
  const base = journal.base()?.seq ?? 0;
  const head = journal.head();
  const runs = journal.runs();
  const leftOut: string[] = [];
  const shown = lastOf(runs);
  if (runs.length > shown.length) leftOut.push(`${runs.length - shown.length} earlier runs`);
  const activity = new Activity();
  const steps = new TreeSteps(history.at(base as Seq));
  const logs = new KeptLogs(
    byInterest(shown).map(({ run }) => run),
    mostLog,
  );
  const newLog = () => new RunLog((seq) => journal.event(seq));
  let current = { run: 0, log: newLog() };
  for (const event of journal.query({ first: base + 1, last: head })) {
    activity.add(event);
    steps.add(event);
    if (event.run !== current.run) {
      logs.add(current.run, current.log.end());
      current = { run: event.run, log: newLog() };
    }
    current.log.add(event);
  }
  logs.add(current.run, current.log.end());
  const log = chosenRows(shown, logs, leftOut);
  const tree = steps.data();
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
    activity: activity.data(),
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

/** Returns the last runs that a page has room for. */
function lastOf(runs: readonly Run[]): Run[] {
  let room = mostRunBytes;
  const last = runs.slice(-mostRuns);
  const first = last.findLastIndex((run) => (room -= weightOf(runData(run))) < 0);
  return last.slice(first + 1);
}

function runData({ run, start, end, first, last }: Run): RunData {
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
function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

const longestText = 300;

/** Orders runs by interest: programs first, and the last of them before the others. */
function byInterest(runs: readonly Run[]): Run[] {
  const isProgram = ({ start }: Run) => start.cause === "guest" || start.cause === "library";
  return [
    ...runs.filter(isProgram).toReversed(),
    ...runs.filter((run) => !isProgram(run)).toReversed(),
  ];
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
