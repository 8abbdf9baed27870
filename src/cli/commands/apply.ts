import { isatty } from "node:tty";

import { Option } from "commander";

import { Budget, type History, openHistory } from "../../history/index.ts";
import {
  type AppliedChange,
  type ApplyOptions,
  type ApplySummary,
  type Choice,
  type Resolution,
  applyToHost,
  offersToApply,
  planApply,
  undoApply,
} from "../../host/index.ts";
import {
  type Printable,
  type Style,
  counted,
  joined,
  line,
  printable,
  words,
} from "../../text/index.ts";
import { type BoundOptions, boundFlag, parseBounds } from "../asking/bounds.ts";
import {
  type CommonOptions,
  type Define,
  collect,
  examples,
  revisionOf,
} from "../command/command.ts";
import type { Context } from "../command/context.ts";
import { UsageError, exits } from "../command/failure.ts";
import { guestPath, requirePath } from "../asking/moment.ts";
import { withHistory } from "../asking/reading.ts";
import { resolutionOf } from "../asking/resolution.ts";
import { selectionOf } from "../asking/selection.ts";
import { type VerifyingOptions, requireVerified, unverifiedFlag } from "../asking/verified.ts";
import { writing } from "../asking/writing.ts";

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
      .argument("[path...]", "only what is at and below these, in the directory; globs too")
      .option("--except <path>", "not what is at and below this; globs too (repeatable)", collect)
      .option("-p, --patch", "ask about each change, and each hunk of it, which to apply")
      .option("--ours", "where both sides changed, this machine's version counts on both")
      .option("--theirs", "where both sides changed, the program's version counts on both")
      .option("--merge", "where both sides changed a text, bring both together")
      .option("--markers", "the same, with markers where both changed the same lines")
      .addOption(new Option("--force", "the former name of --theirs").hideHelp())
      .option("--undo", "take the last apply back on this machine")
      .option("--since <rev>", "what changed since then; by default since both were the same")
      .option("--from <path>", "its path in the filesystem, where it was imported to several")
      .option("--to <dir>", "where the directory stands now, if it was moved")
      .option("-n, --dry-run", "tell what would be done, and do nothing")
      .option(
        "--git, --with-git",
        "git's own files too: git runs what stands in its hooks and configuration",
      )
      .option(...unverifiedFlag)
      .option(...boundFlag, collect)
      .action((directory: string, paths: readonly string[], options: Options) =>
        act(options, (context) => apply(context, directory, paths, options)),
      ),
    [
      ["rewindfs apply ./data --dry-run", "what would change in ./data"],
      ["rewindfs apply ./data", "bring it there; what changed there too stays"],
      ["rewindfs apply . src '*.md' --except src/old", "a part of it; the rest stays offered"],
      ["rewindfs apply . --patch", "choose by hunks, with the keys of git add -p"],
      ["rewindfs apply . --merge", "bring texts together that both sides changed"],
      ["rewindfs apply . --undo", "put back what was there before"],
    ],
  ).addHelpText(
    "after",
    `
What was changed on both sides is a conflict, which stays as it is on both until you say what counts. What an apply goes
over is recorded in the journal first: --undo brings it back here, and restore shows it there.`,
  );

const styles: Readonly<Record<AppliedChange["change"], Style>> = {
  added: "added",
  removed: "removed",
  modified: "changed",
  "type-changed": "changed",
  mode: "changed",
  times: "dim",
};

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
  const selection = await selectionOf(target, paths, options.except ?? []);
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
    printApplied(context, target, summary, conflicts);
    const vain = selection?.unmatched() ?? [];
    for (const path of vain) context.talk.line(line`nothing changed at ${printable(path)}`);
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
  const chosen =
    patch === true
      ? await withHistory(context, (history) =>
          choose(context, history, target, optionsIn(history)),
        )
      : undefined;
  if (chosen?.every(({ taken }) => taken.length === 0) === true) {
    context.talk.line(words("nothing was chosen, and nothing was done: all stays offered"));
    return exits.done;
  }
  const chosenIn = (history: History): ApplyOptions => ({
    ...optionsIn(history),
    ...(chosen === undefined ? {} : { chosen }),
  });
  if (dryRun === true) {
    return withHistory(context, (history) =>
      print(planApply(history, history.journal.head(), target, chosenIn(history))),
    );
  }
  // Before the host is changed, the journal must say so.
  return writing(context, { acknowledged: "one by one" }, ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    return print(applyToHost(files, history, target, chosenIn(history)));
  });
}

/** Throws UsageError where nobody can be asked, or where there is nothing to be asked. */
function requirePerson({ undo }: Options, conflicts: Resolution): void {
  if (undo === true || conflicts !== "leave")
    throw new UsageError(
      "--patch goes with neither --undo nor --ours, --theirs and --merge",
      "settle what both sides changed in an apply of its own",
    );
  if (!isatty(0) || !isatty(1))
    throw new UsageError(
      "--patch asks, and needs a terminal for stdin and stdout",
      "give the paths that are to be applied, or --except; --dry-run lists what there is",
    );
}

/** Asks what is to be taken; nothing is locked meanwhile. */
async function choose(
  context: Context,
  history: History,
  target: string,
  options: ApplyOptions,
): Promise<readonly Choice[]> {
  const { chooseByHand } = await import("../patch/conversation.ts");
  const { linesOf } = await import("../patch/keyboard.ts");
  const { journal } = history;
  const { summary, offers } = offersToApply(history, journal.head(), target, options);
  const warnings = new Map(
    summary.changes.flatMap(({ path, warning }) =>
      warning === undefined ? [] : [[path, warning]],
    ),
  );
  return chooseByHand({ context, journal, readLine: linesOf(0), warnings }, offers);
}

function printApplied(
  { out, talk, glyphs }: Context,
  directory: string,
  summary: ApplySummary,
  how: Resolution,
): void {
  const { changes, conflicts, resolved, left, gits, others, stripped, run } = summary;
  for (const { path, change, type, host, target, warning, extent } of changes) {
    if (host === "already") continue;
    const kind = out.paint(styles[change], printable(change.padEnd(8)));
    const name = printable(type === "directory" ? `${path}/` : path);
    const place = target === undefined ? name : joined([name, glyphs.arrow, printable(target)]);
    const note =
      warning === undefined
        ? words("")
        : line`  ${out.paint("refused", printable(`! ${warning}`))}`;
    out.line(
      line`${kind}  ${place}${out.paint("dim", extent === "part" && host === "changes" ? words("  (in part)") : fateNotes[host])}${note}`,
    );
  }
  for (const path of resolved) talk.line(line`settled: ${printable(path)}: ${settled[how]}`);
  for (const { path, reason } of conflicts) talk.line(printable(`conflict: ${path}: ${reason}`));
  for (const { path, reason } of [...left, ...gits])
    talk.line(printable(`left alone: ${path}: ${reason}`));
  for (const path of stripped) {
    talk.line(printable(`${path}: its setuid, setgid and sticky bits were dropped`));
  }
  if (summary.unkept !== undefined) {
    const what = "access control lists and extended attributes of replaced files may be lost";
    talk.line(printable(`${what}: ${summary.unkept}`));
  }
  if (summary.stopped !== undefined)
    talk.line(
      line`run ${summary.stopped}, an apply, did not come to its end: this goes on from there`,
    );
  if (summary.folded) {
    talk.line(
      words("what both sides had in common is folded: whatever differs counts as changed on both"),
    );
  }
  const place = printable(directory);
  const count = (fate: AppliedChange["host"]) => changes.filter(({ host }) => host === fate).length;
  const stayed = left.length + gits.length;
  const parts = [
    ...(count("already") > 0 ? [printable(`${count("already")} so already`)] : []),
    ...(conflicts.length > 0 ? [counted(conflicts.length, "conflict")] : []),
    ...(stayed > 0 ? [printable(`${stayed} left alone`)] : []),
    ...(others.length > 0 ? [printable(`${others.length} not asked for`)] : []),
  ];
  const paths = counted(count("changes"), "path");
  const rest = parts.length === 0 ? words("") : line`, ${joined(parts, ", ")}`;
  if (run !== undefined) talk.line(line`run ${run}: ${paths} applied to ${place}${rest}`);
  else if (count("changes") === 0) {
    const settledText = resolved.length > 0 ? words("") : line`nothing to apply to ${place}: `;
    const what =
      parts.length === 0
        ? line`it is the same as ${printable(summary.guest)} since event ${summary.since}`
        : joined(parts, ", ");
    talk.line(line`${settledText}${what}`);
  } else talk.line(line`${paths} would be applied to ${place}${rest}; nothing was done`);
  if (conflicts.length > 0 && how === "leave") {
    talk.line(
      words(
        "Hint: --merge brings both versions together, --ours takes this machine's, --theirs the program's",
      ),
    );
  } else if (conflicts.length > 0 && how === "merge") {
    talk.line(
      words(
        "Hint: --markers merges all the same; --ours takes this machine's, --theirs the program's",
      ),
    );
  }
}

const settled: Readonly<Record<Resolution, Printable>> = {
  leave: words(""),
  ours: words("this machine's version counts"),
  theirs: words("the program's version counts; this machine's is in the journal"),
  merge: words("merged; both versions are in the journal"),
  "merge-markers": words("merged; both versions are in the journal"),
};

const fateNotes: Readonly<Record<AppliedChange["host"], Printable>> = {
  changes: words(""),
  already: words(""),
  conflict: words("  (conflict)"),
  left: words("  (conflict)"),
};
