import { Budget, type History, openHistory } from "../../history/index.ts";
import {
  type AppliedChange,
  type ApplyOptions,
  type ApplySummary,
  applyToHost,
  planApply,
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
import { type BoundOptions, boundFlag, parseBounds } from "../bounds.ts";
import { type CommonOptions, type Define, collect, examples, revisionOf } from "../command.ts";
import type { Context } from "../context.ts";
import { exits } from "../failure.ts";
import { guestPath, requirePath } from "../moment.ts";
import { withHistory } from "../reading.ts";
import { type VerifyingOptions, requireVerified, unverifiedFlag } from "../verified.ts";
import { writing } from "../writing.ts";

interface Options extends CommonOptions, BoundOptions, VerifyingOptions {
  readonly since?: string;
  readonly from?: string;
  readonly dryRun?: true;
  readonly force?: true;
  readonly withGit?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .argument("<hostdir>", "a directory of this machine that was imported")
      .option("--since <rev>", "what changed since then; by default since the import")
      .option("--from <path>", "its path in the filesystem, where it was imported to several")
      .option("-n, --dry-run", "tell what would be done, and do nothing")
      .option("--force", "overwrite what was changed on this machine in the meantime")
      .option(
        "--git, --with-git",
        "git's own files too: git runs what stands in its hooks and configuration",
      )
      .option(...unverifiedFlag)
      .option(...boundFlag, collect)
      .action((directory: string, options: Options) =>
        act(options, (context) => apply(context, directory, options)),
      ),
    [
      ["rewindfs apply ./data --dry-run", "what would change in ./data"],
      ["rewindfs apply ./data", "bring it there, unless ./data has changed too"],
    ],
  );

const styles: Readonly<Record<AppliedChange["change"], Style>> = {
  added: "added",
  removed: "removed",
  modified: "changed",
  "type-changed": "changed",
  mode: "changed",
  times: "dim",
};

function apply(context: Context, directory: string, options: Options): Promise<number> {
  const { since, from, dryRun, force, withGit } = options;
  requirePath(directory, "the directory to apply to", "the working directory is .");
  const changed = force === true ? "overwrite" : "refuse";
  const bounds = parseBounds(options);
  requireVerified(context, "applied", options);
  const optionsIn = (history: History): ApplyOptions => ({
    changed,
    budget: new Budget("the apply", bounds),
    git: withGit === true ? "apply" : "leave",
    ...(from === undefined ? {} : { guest: guestPath(from) }),
    ...(since === undefined ? {} : { since: history.resolve(revisionOf(since)) }),
  });
  const print = (summary: ApplySummary) => {
    printApplied(context, directory, summary, changed);
    const refused = summary.conflicts.length > 0 && changed === "refuse";
    return refused || summary.left.length > 0 ? exits.no : exits.done;
  };
  if (dryRun === true) {
    return withHistory(context, (history) =>
      print(planApply(history, history.journal.head(), directory, optionsIn(history))),
    );
  }
  // Before the host is changed, the journal must say so.
  return writing(context, { acknowledged: "one by one" }, ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    return print(applyToHost(files, history, directory, optionsIn(history)));
  });
}

function printApplied(
  { out, talk, glyphs }: Context,
  directory: string,
  summary: ApplySummary,
  changed: "overwrite" | "refuse",
): void {
  const { changes, conflicts, left, stripped, run } = summary;
  const reasons = new Map(conflicts.map(({ path, reason }) => [path, reason]));
  for (const { path, change, type, host, target, warning } of changes) {
    const kind = out.paint(styles[change], printable(change.padEnd(8)));
    const name = printable(type === "directory" ? `${path}/` : path);
    const place = target === undefined ? name : joined([name, glyphs.arrow, printable(target)]);
    const note =
      warning === undefined
        ? words("")
        : line`  ${out.paint("refused", printable(`! ${warning}`))}`;
    out.line(line`${kind}  ${place}${out.paint("dim", fateNotes[host])}${note}`);
    if (host === "conflict" && changed === "overwrite") {
      talk.line(printable(`gone over: ${path}: ${reasons.get(path) ?? ""}`));
    }
  }
  if (changed === "refuse")
    for (const { path, reason } of conflicts) talk.line(printable(`${path}: ${reason}`));
  for (const { path, reason } of left) {
    if (changed === "overwrite" || !reasons.has(path))
      talk.line(printable(`left alone: ${path}: ${reason}`));
  }
  for (const path of stripped) {
    talk.line(printable(`${path}: its setuid, setgid and sticky bits were dropped`));
  }
  if (summary.unkept !== undefined) {
    const what = "access control lists and extended attributes of replaced files may be lost";
    talk.line(printable(`${what}: ${summary.unkept}`));
  }
  if (summary.stopped !== undefined) {
    talk.line(
      line`run ${summary.stopped}, an apply, did not come to its end: of what it did, what was undone since stays; an import shows what differs`,
    );
  }
  const place = printable(directory);
  const count = (fate: AppliedChange["host"]) => changes.filter(({ host }) => host === fate).length;
  const already = count("already");
  const parts = [
    ...(already > 0 ? [printable(`${already} so already`)] : []),
    ...(left.length > 0 ? [printable(`${left.length} left alone`)] : []),
  ];
  const paths = counted(count("changes") + count("conflict"), "path");
  const others = parts.length === 0 ? words("") : line`, ${joined(parts, ", ")}`;
  if (run !== undefined) talk.line(line`run ${run}: ${paths} applied to ${place}${others}`);
  else if (changes.length === 0 && left.length === 0) {
    const what = line`nothing in ${printable(summary.guest)} changed since event ${summary.since}`;
    talk.line(line`nothing to apply: ${what}`);
  } else if (changed === "refuse" && conflicts.length > 0) {
    const reason = counted(conflicts.length, "conflict");
    talk.line(line`nothing would be applied to ${place}: ${reason}; --force goes over what it can`);
  } else talk.line(line`${paths} would be applied to ${place}${others}; nothing was done`);
}

const fateNotes: Readonly<Record<AppliedChange["host"], Printable>> = {
  changes: words(""),
  already: words("  (already so)"),
  conflict: words("  (conflict)"),
  left: words("  (conflict, left alone)"),
};
