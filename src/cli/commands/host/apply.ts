import { isatty } from "node:tty";

import { Option } from "commander";

import { Budget, type History, openHistory } from "../../../history/index.ts";
import {
  type ApplyOptions,
  type ApplySummary,
  type Choice,
  type Resolution,
  applyToHost,
  offersToApply,
  planApply,
  undoApply,
} from "../../../host/index.ts";
import { line, printableName, words } from "../../../text/index.ts";
import { type BoundOptions, boundFlag, parseBounds } from "../../asking/bounds.ts";
import {
  type CommonOptions,
  type Define,
  collect,
  examples,
  revisionOf,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { guestPath, requirePath } from "../../asking/moment.ts";
import { withHistory } from "../../asking/reading.ts";
import { resolutionOf } from "../../asking/resolution.ts";
import { selectionOf } from "../../asking/selection.ts";
import { type VerifyingOptions, requireVerified, unverifiedFlag } from "../../asking/verified.ts";
import { writing } from "../../asking/writing.ts";
import { findingsToApply, tellFindings } from "../../run/findings-to-apply.ts";
import { printApplied, printConflicts } from "../../text/applied-text.ts";

interface Options extends CommonOptions, BoundOptions, VerifyingOptions {
  readonly since?: string;
  readonly from?: string;
  readonly to?: string;
  readonly except?: readonly string[];
  readonly dryRun?: true;
  readonly patch?: true;
  readonly ours?: true;
  readonly theirs?: true;
  readonly force?: true;
  readonly merge?: true;
  readonly markers?: true;
  readonly undo?: true;
  readonly withGit?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .argument("<hostdir>", "a directory of this machine that was imported")
      .argument("[path...]", "only these paths in the directory, and everything below; globs too")
      .option(
        "--except <path>",
        "skip this path and everything below; globs too (repeatable)",
        collect,
      )
      .option("-p, --patch", "ask about each change, and each hunk of it, which to apply")
      .option("--ours", "where both sides changed, this machine's version counts on both")
      .option("--theirs", "where both sides changed, the program's version counts on both")
      .option("--merge", "where both sides changed a text, bring both together")
      .option("--markers", "the same, with markers where both changed the same lines")
      .addOption(new Option("--force", "the former name of --theirs").hideHelp())
      .option("--undo", "take the last apply back on this machine")
      .option("--since <rev>", "changes since then; by default since both sides were the same")
      .option("--from <path>", "its path in the filesystem, where it was imported to several")
      .option("--to <dir>", "the directory's place now, if it was moved")
      .option("-n, --dry-run", "show what would be done, and do nothing")
      .option(
        "--git, --with-git",
        "git's own files too: git runs commands from its hooks and configuration",
      )
      .option(...unverifiedFlag)
      .option(...boundFlag, collect)
      .action((directory: string, paths: readonly string[], options: Options) =>
        act(options, (context) => apply(context, directory, paths, options)),
      ),
    [
      ["rewindfs apply ./data --dry-run", "what would change in ./data"],
      ["rewindfs apply ./data", "apply it; paths changed there too stay as they are"],
      ["rewindfs apply . src '*.md' --except src/old", "a part of it; the rest stays offered"],
      ["rewindfs apply . --patch", "choose by hunks, with the keys of git add -p"],
      ["rewindfs apply . --merge", "bring texts together that both sides changed"],
      ["rewindfs apply . --undo", "put back what was there before"],
    ],
  ).addHelpText(
    "after",
    `
A path changed on both sides is a conflict, and stays as it is on both until you say which version counts. The journal
records every file that an apply overwrites: --undo brings it back here, and restore shows it there.`,
  );

async function apply(
  context: Context,
  directory: string,
  paths: readonly string[],
  options: Options,
): Promise<number> {
  const { since, from, to, dryRun, withGit, patch } = options;
  requirePath(directory, "the directory to apply to", "the working directory is .");
  const conflicts = resolutionOf(options);
  const bounds = parseBounds(options);
  const target = to ?? directory;
  if (patch === true) requirePerson(options, conflicts);
  const selection = selectionOf(target, paths, options.except ?? []);
  requireVerified(context, "applied", options);
  const optionsIn = (history: History): ApplyOptions => ({
    conflicts,
    budget: new Budget("the apply", bounds),
    git: withGit === true ? "apply" : "leave",
    ...(to === undefined ? {} : { was: directory }),
    ...(selection === undefined ? {} : { selects: selection.selects }),
    ...(from === undefined ? {} : { guest: guestPath(from) }),
    ...(since === undefined ? {} : { since: history.resolve(revisionOf(since)) }),
  });
  const print = (summary: ApplySummary) => {
    printApplied(context, target, summary, {
      how: conflicts,
      chosen: patch === true ? "by hand" : "by paths",
      direction: options.undo === true ? "undo" : "apply",
      mode: dryRun === true ? "dry-run" : "do",
    });
    const vain = selection?.unmatched() ?? [];
    for (const path of vain) context.talk.line(line`nothing changed at ${printableName(path)}`);
    const open = dryRun === true && conflicts !== "leave" ? 0 : summary.conflicts.length;
    return open + summary.left.length + vain.length > 0 ? exits.no : exits.done;
  };
  if (options.undo === true) {
    if (paths.length > 0 || conflicts !== "leave")
      throw new UsageError(
        "--undo takes the last apply back as a whole",
        "give the directory alone",
      );
    return writing(context, { acknowledged: "one by one" }, ({ journal, files }) => {
      const history = openHistory(journal, { now: context.now });
      const mode = dryRun === true ? "dry-run" : "do";
      return print(undoApply(files, history, directory, { ...optionsIn(history), mode }));
    });
  }
  const asked =
    patch === true
      ? await withHistory(context, (history) =>
          choose(context, history, target, optionsIn(history)),
        )
      : undefined;
  const chosen = asked?.choices;
  if (asked !== undefined && asked.choices.length === 0) return print(asked.summary);
  if (chosen?.every(({ taken }) => taken.length === 0) === true) {
    context.talk.line(words("nothing was chosen, and nothing was done: all stays offered"));
    return exits.done;
  }
  const chosenIn = (history: History): ApplyOptions => ({
    ...optionsIn(history),
    ...(chosen === undefined ? {} : { chosen }),
  });
  if (dryRun === true) {
    return withHistory(context, async (history) => {
      const plan = planApply(history, history.journal.head(), target, chosenIn(history));
      tellFindings(context, await findingsToApply(history), plan);
      return print(plan);
    });
  }
  // The journal must record it before the host is changed.
  return writing(context, { acknowledged: "one by one" }, async ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    const found = await findingsToApply(history);
    const onPlan = (plan: ApplySummary) => tellFindings(context, found, plan);
    return print(applyToHost(files, history, target, { ...chosenIn(history), onPlan }));
  });
}

/** Throws UsageError if nobody can be asked, or if there is nothing to ask. */
function requirePerson({ undo }: Options, conflicts: Resolution): void {
  if (undo === true || conflicts !== "leave")
    throw new UsageError(
      "--patch goes with neither --undo nor --ours, --theirs and --merge",
      "settle conflicts first, in an apply without --patch",
    );
  if (!isatty(0) || !isatty(1))
    throw new UsageError(
      "--patch asks, and needs a terminal for stdin and stdout",
      "give the paths to apply, or --except; --dry-run lists the changes",
    );
}

/** Asks which changes to take; nothing is locked meanwhile. */
async function choose(
  context: Context,
  history: History,
  target: string,
  options: ApplyOptions,
): Promise<{ readonly choices: readonly Choice[]; readonly summary: ApplySummary }> {
  const { chooseByHand } = await import("../../patch/conversation.ts");
  const { linesOf } = await import("../../patch/keyboard.ts");
  const { journal } = history;
  const { summary, offers } = offersToApply(history, journal.head(), target, options);
  if (offers.length > 0) printConflicts(context, summary.conflicts, "leave");
  const warnings = new Map(
    summary.changes.flatMap(({ path, warning }) =>
      warning === undefined ? [] : [[path, warning]],
    ),
  );
  const choices = chooseByHand({ context, journal, readLine: linesOf(0), warnings }, offers);
  return { choices, summary };
}
