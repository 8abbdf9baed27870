import { statSync } from "node:fs";

import { type Journal, filesOf, resolvePath } from "../../../../journal/index.ts";
import { Processes, countProcesses, lookup, programsOf } from "../../../history/index.ts";
import { type Finding, findingsIn, isAtLeast, quickBudget } from "../../../findings/index.ts";
import {
  type AppliedChange,
  type Unapplied,
  type Unreachable,
  unappliedAt,
} from "../../../host/index.ts";
import {
  type Printable,
  type Styled,
  counted,
  describeBytes,
  formatCount,
  joined,
  line,
  printable,
  printableName,
  truncateEnd,
  words,
} from "../../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import { titleOf } from "../../command/command-line.ts";
import { ownRules } from "../../config/own-rules.ts";
import type { Context } from "../../command/context.ts";
import { exits } from "../../command/failure.ts";
import { withHistory } from "../../asking/reading.ts";
import { skipText } from "../../text/skip-text.ts";
import { findingJson, warningLines } from "../../text/findings-text.ts";

export const define: Define = (command, act) =>
  examples(
    readingOptions(command).action((options: ReadingOptions) =>
      act(options, (context) =>
        withHistory(context, async (history) => {
          const head = history.journal.head();
          const folders = unappliedAt(history, head);
          const exists = (path: string) => lookup(history.at(head), path) !== undefined;
          const { findings } = await findingsIn(history, {
            budget: quickBudget,
            rules: await ownRules(),
          });
          const bytes = journalBytes(context);
          if (options.json === true) {
            for (const one of folders) {
              const json = {
                ...folderJson(one),
                findings: findingsOf(one, findings, exists).map(findingJson),
              };
              context.out.json(json);
            }
            return exits.done;
          }
          for (const one of folders)
            tell(context, history.journal, one, findingsOf(one, findings, exists));
          if (folders.length === 0) context.out.line(words("no folder was imported"));
          const runs = counted(history.journal.runs().length, "run");
          const events = counted(history.journal.head(), "event");
          const size = describeBytes(bytes);
          context.out.line(
            line`journal ${printable(context.journal)}: ${runs}, ${events}, ${size}`,
          );
          return exits.done;
        }),
      ),
    ),
    [
      ["rewindfs status", "changes not applied yet, their runs, and conflicts"],
      ["rewindfs status --json", "the same for a machine, a folder a line"],
    ],
  );

/** Returns the size of the journal with the files beside it. */
function journalBytes({ journal }: Context): number {
  const file = resolvePath(journal);
  return [file, ...filesOf(file)]
    .filter((path, index, all) => all.indexOf(path) === index)
    .reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** Returns the findings in unapplied changes, and in what was done by the way; not those in what was applied. */
function findingsOf(
  one: Unapplied | Unreachable,
  findings: readonly Finding[],
  exists: (path: string) => boolean,
): Finding[] {
  if (!("plan" in one)) return [];
  const runs = new Set(one.runs);
  const base = one.folder.guest === "/" ? "" : one.folder.guest;
  const open = new Set(openOf(one).map(({ path }) => `${base}/${path}`));
  return findings.filter(({ rule, level, path, run }) => {
    if (!runs.has(run) || !isAtLeast(level, "medium")) return false;
    // A secret that is gone from the files is in the journal for good.
    const isLasting = rule === "secret" && !exists(path);
    return isLasting || open.has(path) || !ofFiles.has(rule);
  });
}

/** Rules on what a file is: once it was applied, or is gone, there is nothing to decide. */
const ofFiles: ReadonlySet<Finding["rule"]> = new Set([
  "secret",
  "link-out",
  "tool-file",
  "binary-for-text",
  "executable",
  "lock-file",
  "look-alike",
]);

function openOf({ plan }: Unapplied): readonly AppliedChange[] {
  return plan.changes.filter(({ host }) => host !== "already");
}

function tell(
  context: Context,
  journal: Journal,
  one: Unapplied | Unreachable,
  findings: readonly Finding[],
): void {
  const { out, glyphs } = context;
  const { folder } = one;
  const title = joined([printable(folder.guest), glyphs.arrow, printable(folder.host)]);
  out.line(out.paint("heading", title));
  if ("reason" in one) {
    out.line(line`  ${printable(one.reason)}`);
    const host = printable(folder.host);
    if (one.gone) out.line(line`  if it was moved: rewindfs apply ${host} --to DIR`);
    return;
  }
  const { plan, runs } = one;
  const open = openOf(one);
  if (open.length === 0 && plan.gits.length === 0)
    return out.line(words("  nothing is left to apply"));
  const by = runs.length === 0 ? words("") : line`, by run ${joined(runs.map(runText), ", ")}`;
  if (open.length > 0) out.line(line`  ${counted(open.length, "path")} to apply${by}`);
  if (open.length > 0)
    for (const run of runs.slice(-mostRuns)) {
      const ran = programsText(context, journal, run);
      if (ran !== undefined) out.line(ran);
    }
  const conflicts = new Map(plan.conflicts.map(({ path, reason }) => [path, reason]));
  for (const { path, change, target, ignored } of open.slice(0, mostTold)) {
    const reason = conflicts.get(path);
    const link = target === undefined ? words("") : line` ${glyphs.arrow} ${printableName(target)}`;
    const isIgnored = words(ignored === true ? "  (ignored here)" : "");
    const note =
      reason === undefined ? isIgnored : line`${isIgnored}  (conflict: ${printable(reason)})`;
    out.line(line`    ${printable(change.padEnd(8))}  ${printableName(path)}${link}${note}`);
  }
  if (open.length > mostTold)
    out.line(
      line`    and ${counted(open.length - mostTold, "more path")}; rewindfs apply ${printable(folder.host)} --dry-run lists all`,
    );
  const listing = words("rewindfs findings");
  for (const warning of warningLines(context, findings, { listing, output: out }))
    out.line(line`  ${warning}`);
  for (const left of plan.gits)
    out.line(line`    ${skipText({ glyphs }, words("left alone"), left)}`);
}

const mostTold = 20;
/** The last runs of which it is said what ran. */
const mostRuns = 5;
const mostPrograms = 4;

/** Says what ran in a native program's run: its command, and the programs that did something; undefined for a guest's. */
function programsText({ glyphs }: Context, journal: Journal, number: number): Styled | undefined {
  const run = journal.run(number);
  if (run === undefined || countProcesses(journal, run) === 0) return undefined;
  const processes = new Processes(journal).of(run.run);
  const programs = programsOf(processes);
  const named = programs
    .slice(0, mostPrograms)
    .map(
      ([name, count]) =>
        line`${truncateEnd(printable(name), longestProgram, glyphs.cut)} ${formatCount(count)}`,
    );
  const all = joined([...named, ...(programs.length > mostPrograms ? [glyphs.cut] : [])], ", ");
  const command = truncateEnd(titleOf(run.start), longestCommand, glyphs.cut);
  return line`    run ${runText(number)}: ${command}: ${counted(processes.length, "process", "processes")} (${all})`;
}

const longestCommand = 40;
const longestProgram = 20;

function runText(run: number): Printable {
  return printable(String(run));
}

function folderJson(one: Unapplied | Unreachable): Readonly<Record<string, unknown>> {
  const { host, guest } = one.folder;
  if ("reason" in one) return { host, guest, reason: one.reason };
  const { plan, runs } = one;
  const changes = openOf(one);
  return {
    host,
    guest,
    since: plan.since,
    runs,
    changes: changes.map(({ path, change }) => ({ path, change })),
    conflicts: plan.conflicts,
    left: plan.gits,
  };
}
