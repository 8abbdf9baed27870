import type { AppliedChange, ApplySummary, Resolution, Skip } from "../../host/index.ts";
import {
  type Printable,
  type Style,
  counted,
  joined,
  line,
  printable,
  printableName,
  words,
} from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { skipText } from "./skip-text.ts";

const styles: Readonly<Record<AppliedChange["change"], Style>> = {
  added: "added",
  removed: "removed",
  modified: "changed",
  "type-changed": "changed",
  mode: "changed",
  times: "dim",
};

/** Lists paths that both sides changed, and says how to settle them. */
export function printConflicts(
  context: Context,
  conflicts: readonly Skip[],
  how: Resolution,
): void {
  tellConflicts(context, conflicts);
  tellHint(context, conflicts, how);
}

function tellConflicts(context: Context, conflicts: readonly Skip[]): void {
  for (const one of conflicts) context.talk.line(skipText(context, words("conflict"), one));
}

function tellHint({ talk }: Context, conflicts: readonly Skip[], how: Resolution): void {
  const hint = conflicts.length === 0 ? undefined : conflictHints.get(how);
  if (hint !== undefined) talk.line(hint);
}

const conflictHints: ReadonlyMap<Resolution, Printable> = new Map([
  [
    "leave",
    words(
      "Hint: --merge brings both versions together, --ours takes this machine's, --theirs the program's",
    ),
  ],
  [
    "merge",
    words(
      "Hint: --markers merges all the same; --ours takes this machine's, --theirs the program's",
    ),
  ],
]);

/** The request that is reported on. */
export interface Told {
  readonly how: Resolution;
  /** Says if a person chose among the changes. */
  readonly chosen: "by hand" | "by paths";
  /** Direction of the changes: to the host, or back. */
  readonly direction: "apply" | "undo";
  readonly mode: "do" | "dry-run";
}

/** Prints what an apply did, or would do, path by path; omissions go to stderr. */
export function printApplied(
  context: Context,
  directory: string,
  summary: ApplySummary,
  { how, chosen, direction, mode }: Told,
): void {
  const { out, talk, glyphs } = context;
  const { changes, conflicts, resolved, left, gits, otherChanges, stripped, run } = summary;
  for (const { path, change, type, host, target, warning, extent, ignored } of changes) {
    if (host === "already") continue;
    const kind = out.paint(styles[change], printable(change.padEnd(8)));
    const name = printableName(type === "directory" ? `${path}/` : path);
    const place = target === undefined ? name : joined([name, glyphs.arrow, printableName(target)]);
    const note =
      warning === undefined
        ? words("")
        : line`  ${out.paint("refused", printable(`! ${warning}`))}`;
    const fate = host === "changes" && extent === "part" ? words("  (in part)") : fateNotes[host];
    const isIgnored = out.paint("dim", words(ignored === true ? "  (ignored here)" : ""));
    out.line(line`${kind}  ${place}${out.paint("dim", fate)}${isIgnored}${note}`);
  }
  for (const path of resolved) talk.line(line`settled: ${printableName(path)}: ${settled[how]}`);
  tellConflicts(context, conflicts);
  for (const one of [...left, ...gits]) talk.line(skipText(context, words("left alone"), one));
  for (const path of stripped) {
    talk.line(line`${printableName(path)}: its setuid, setgid and sticky bits were dropped`);
  }
  if (summary.unkept !== undefined) {
    const text = "access control lists and extended attributes of replaced files may be lost";
    talk.line(printable(`${text}: ${summary.unkept}`));
  }
  if (summary.stopped !== undefined)
    talk.line(line`run ${summary.stopped}, an apply, was interrupted: this one continues it`);
  if (summary.folded) {
    talk.line(
      words("the last common state is folded: every difference counts as changed on both sides"),
    );
  }
  const place = printable(directory);
  const count = (fate: AppliedChange["host"]) => changes.filter(({ host }) => host === fate).length;
  const inPart = changes.filter(
    ({ host, extent }) => host === "changes" && extent === "part",
  ).length;
  const stayed = left.length + gits.length;
  const asked = chosen === "by hand" ? "chosen" : "asked for";
  const parts = [
    ...(count("already") > 0 ? [printable(`${count("already")} so already`)] : []),
    ...(conflicts.length > 0 ? [counted(conflicts.length, "conflict")] : []),
    ...(stayed > 0 ? [printable(`${stayed} left alone`)] : []),
    ...(inPart > 0 ? [printable(`${inPart} of them in part`)] : []),
    ...(otherChanges > 0 ? [printable(`${otherChanges} not ${asked}`)] : []),
  ];
  const paths = counted(count("changes"), "path");
  const rest = parts.length === 0 ? words("") : line`, ${joined(parts, ", ")}`;
  const done = direction === "undo" ? words("put back in") : words("applied to");
  if (run !== undefined) talk.line(line`run ${run}: ${paths} ${done} ${place}${rest}`);
  else if (count("changes") === 0) {
    const what =
      direction === "undo" ? words("nothing to put back in") : words("nothing to apply to");
    const settledText = resolved.length > 0 ? words("") : line`${what} ${place}: `;
    const text =
      parts.length === 0
        ? direction === "undo"
          ? words("it is as it was before")
          : line`it is the same as ${printable(summary.guest)} since event ${summary.since}`
        : joined(parts, ", ");
    talk.line(line`${settledText}${text}`);
  } else talk.line(line`${paths} would be ${done} ${place}${rest}; nothing was done`);
  if (mode === "do" || how === "leave") tellHint(context, conflicts, how);
  else if (conflicts.length > 0)
    talk.line(words("Hint: a dry run settles no conflict; without --dry-run that is tried first"));
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
  left: words("  (left alone)"),
};
