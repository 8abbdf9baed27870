import type { Journal, Seq } from "../../../../journal/index.ts";
import type { Tree } from "../../../fs/index.ts";
import {
  RevisionError,
  comparableTape,
  diffContent,
  diffTrees,
  isAtOrBelow,
  lookup,
  modesOf,
  sizesOf,
  tapeOf,
} from "../../../history/index.ts";
import type { Change, History } from "../../../history/index.ts";
import {
  type Printable,
  counted,
  formatMode,
  joined,
  line,
  printable,
  printableJson,
  table,
  words,
} from "../../../text/index.ts";
import {
  type GitPatchOptions,
  changesToApply,
  gitPatch,
  gitPatchOf,
  unappliedAt,
} from "../../../host/index.ts";
import { hintAt } from "../../asking/absence.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
  revisionOf,
  separateRest,
} from "../../command/command.ts";
import { contentPrinter } from "../../text/content-text.ts";
import type { Context } from "../../command/context.ts";
import { parseCount } from "../../command/count.ts";
import { changeHeading, printChange } from "../../text/diff-text.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { absolutePath, guestPath } from "../../asking/moment.ts";
import { withHistory } from "../../asking/reading.ts";
import { redactedBytes, redactedField } from "../../text/redacted-text.ts";

interface Options extends ReadingOptions {
  readonly stat?: true;
  readonly exitCode?: true;
  readonly times?: true;
  readonly unified?: number;
  readonly nameOnly?: true;
  readonly nameStatus?: true;
  readonly git?: true;
}

interface Range {
  /** Undefined if none was given: compares unapplied changes then, or the last guest's. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly paths: readonly string[];
}

export const define: Define = (command, act) => {
  const rest = separateRest(command);
  return examples(
    readingOptions(command)
      .usage("[options] [from [to]] [--] [path...]")
      .argument("[from]", "a revision; by default the last moment that was applied")
      .argument("[to]", "a revision; by default @")
      .argument(
        "[path...]",
        "only these paths and everything below; begin them with / or put them after --",
      )
      .option("--stat", "only which paths changed, and by how many lines")
      .option("--name-only", "only the paths that changed")
      .option("--name-status", "the same, with a letter for each kind of change")
      .option(
        "-U, --unified <lines>",
        "lines shown around a change, 3 unless given",
        (text: string) => parseCount("--unified", text, "lines"),
      )
      .option("--git", "a patch that git apply takes")
      .option("--times", "paths with changed times only, too")
      .option("--exit-code", "exit with 1 when there are differences")
      .action(
        (
          first: string | undefined,
          second: string | undefined,
          more: readonly string[],
          options: Options,
        ) =>
          act(options, (context) => {
            const given = [first, second, ...more].filter((text) => text !== undefined);
            return compare(context, rangeOf(given, rest().items), options);
          }),
      ),
    [
      ["rewindfs diff", "changes not applied yet, or else the last program's"],
      ["rewindfs diff run:2^ run:2 -- /src", "what run 2 changed below /src"],
      ["rewindfs diff -5m --stat", "which paths changed in five minutes"],
      ["rewindfs diff --git >run.patch", "a patch for git apply; -p2 where --dir was .::/src"],
    ],
  );
};

/** Parses two revisions at most, then paths: an argument that begins with / is no revision. */
function rangeOf(given: readonly string[], rest: readonly string[]): Range {
  const at = given.findIndex((text) => text.startsWith("/"));
  const [from, to, ...more] = at === -1 ? given : given.slice(0, at);
  const paths = at === -1 ? [] : given.slice(at);
  const wrong = more[0] ?? paths.find((path) => !path.startsWith("/"));
  if (wrong !== undefined)
    throw new UsageError(`${wrong} is no path that begins with /`, "put other paths after --");
  return {
    from,
    to: to ?? (from === undefined ? undefined : "@"),
    paths: [...paths, ...rest].map(guestPath),
  };
}

function compare(context: Context, range: Range, options: Options): Promise<number> {
  checkForms(options);
  return withHistory(context, (history) => {
    const { out, talk } = context;
    const isPlain = range.from === undefined && options.times !== true;
    const unapplied = isPlain ? unappliedIn(context, history, range.paths) : undefined;
    const given = unapplied ?? statesIn(context, history, range);
    if (options.git === true) return printPatch(context, history, given, range.paths, options);
    const changes = "before" in given ? changesIn(history, given, options) : given;
    const budget = options.unified === undefined ? {} : { context: options.unified };
    if (options.json === true) {
      for (const change of changes) out.line(printableJson(changeJson(history.journal, change)));
    } else if (options.nameOnly === true) {
      for (const change of changes) out.line(printable(placeOf(change)));
    } else if (options.nameStatus === true) {
      for (const change of changes) out.line(statusLine(change));
    } else if (options.stat === true) {
      printStat(context, history, changes);
    } else {
      for (const change of changes) printChange(context, history.journal, change, budget);
    }
    if (changes.length === 0 && out.isTerminal) talk.line(words("nothing changed"));
    return changes.length > 0 && options.exitCode === true ? exits.no : exits.done;
  });
}

/** Throws UsageError for two forms of output. */
function checkForms({ json, stat, nameOnly, nameStatus, git }: Options): void {
  const asked = [
    json === true ? ["--json"] : [],
    stat === true ? ["--stat"] : [],
    nameOnly === true ? ["--name-only"] : [],
    nameStatus === true ? ["--name-status"] : [],
    git === true ? ["--git"] : [],
  ].flat();
  // --json with --stat has always been allowed.
  if (asked.length < 2 || asked.join(" ") === "--json --stat") return;
  throw new UsageError(`${asked.join(" and ")} ask for different outputs`, "give one of them");
}

interface States {
  readonly before: Tree;
  readonly after: Tree;
  readonly paths: readonly string[];
}

function statesIn(context: Context, history: History, range: Range): States {
  const { paths } = range;
  const { from, to } = range.from === undefined ? lastRun(context, history) : range;
  const before = history.at(resolve(history, from ?? "@"));
  const last = resolve(history, to ?? "@");
  const after = history.at(last);
  for (const path of paths) {
    if (lookup(before, path) !== undefined || lookup(after, path) !== undefined) continue;
    throw new UsageError(
      `there is no ${path} at ${from ?? "@"} nor at ${to ?? "@"}`,
      hintAt(history, path, last),
    );
  }
  return { before, after, paths };
}

/** Returns the last guest's run, or the last one if no guest ran; says which. */
function lastRun(
  { talk }: Context,
  history: History,
): { readonly from: string; readonly to: string } {
  const runs = history.journal.runs();
  const last = runs.findLast(({ start }) => start.cause === "guest") ?? runs.at(-1);
  if (last === undefined) return { from: "run:-1^", to: "run:-1" };
  if (last !== runs.at(-1)) talk.line(line`run ${last.run}, the last of a program, changed:`);
  return { from: `run:${last.run}^`, to: `run:${last.run}` };
}

/** Returns the changes not applied to the folders that they came from; undefined if there are none. */
function unappliedIn(
  { talk }: Context,
  history: History,
  paths: readonly string[],
): Change[] | undefined {
  const head = history.journal.head();
  const found = unappliedAt(history, head).flatMap(({ folder, ...rest }) => {
    if (!("plan" in rest)) return [];
    const changes = changesToApply(history, head, folder.host, {
      guest: folder.guest,
      git: "apply",
    });
    return changes.length === 0 ? [] : [{ host: folder.host, changes }];
  });
  if (found.length === 0) return undefined;
  const hosts = joined(
    found.map(({ host }) => printable(host)),
    ", ",
  );
  talk.line(line`not applied to ${hosts} yet:`);
  const isAsked = ({ path, from = path }: Change) =>
    paths.length === 0 || paths.some((top) => isAtOrBelow(path, top) || isAtOrBelow(from, top));
  return found.flatMap(({ changes }) => changes.filter(isAsked));
}

/** Resolves a revision. Throws UsageError for a path in its place, and says where paths go. */
function resolve(history: History, text: string): Seq {
  try {
    return history.resolve(revisionOf(text));
  } catch (error) {
    if (!(error instanceof RevisionError) || error.code !== "syntax") throw error;
    const isPath =
      text.includes("/") ||
      text.includes(".") ||
      lookup(history.at(history.journal.head()), absolutePath(text)) !== undefined;
    if (!isPath) throw error;
    throw new UsageError(
      `"${text}" is not a revision`,
      `if it is a path, put it after --: rewindfs diff -- ${text}`,
    );
  }
}

function changesIn(
  { journal }: History,
  { before, after, paths }: States,
  options: Options,
): Change[] {
  return diffTrees(before, after, {
    readTape: comparableTape(journal),
    times: options.times === true ? "include" : "ignore",
    ...(paths.length === 0 ? {} : { paths }),
  });
}

/** Prints the patch: unchanged, or on a terminal with all characters visible. */
function printPatch(
  { out, talk }: Context,
  { journal }: History,
  given: readonly Change[] | States,
  paths: readonly string[],
  { unified, exitCode }: Options,
): number {
  let skipped = 0;
  let isEmpty = true;
  const screen = out.isTerminal ? contentPrinter(out) : undefined;
  const patchOptions: GitPatchOptions = {
    ...(paths.length === 0 ? {} : { paths }),
    ...(unified === undefined ? {} : { context: unified }),
    onSkip: ({ path, reason }) => {
      skipped += 1;
      talk.line(printable(`left out ${path}: ${reason}`));
    },
  };
  const patch =
    "before" in given
      ? gitPatch(given.before, given.after, tapeOf(journal), patchOptions)
      : gitPatchOf(given, tapeOf(journal), patchOptions);
  for (const part of patch) {
    isEmpty = false;
    if (screen === undefined) out.bytes(part);
    else screen.add(part);
  }
  screen?.end();
  return skipped > 0 || (!isEmpty && exitCode === true) ? exits.no : exits.done;
}

/** Returns the path of a change; for a removed entry its former path. */
function placeOf({ path, from, change }: Change): string {
  return change === "removed" ? (from ?? path) : path;
}

/** Formats a change as git does: a letter, and for a rename the old path before the new one. */
function statusLine(change: Change): Printable {
  if (change.from !== undefined && change.change !== "removed")
    return joined([words("R"), printable(change.from), printable(change.path)], "\t");
  return joined([letters[change.change], printable(placeOf(change))], "\t");
}

const letters: Readonly<Record<Change["change"], Printable>> = {
  added: words("A"),
  removed: words("D"),
  modified: words("M"),
  renamed: words("R"),
  "type-changed": words("T"),
};

function changeJson(journal: Journal, change: Change): Readonly<Record<string, unknown>> {
  const { before, after } = sizesOf(change);
  const modes = modesOf(change);
  return {
    path: change.path,
    change: change.change,
    from: change.from,
    sizeBefore: before,
    sizeAfter: after,
    modeBefore: modes === undefined ? undefined : formatMode(modes.before),
    modeAfter: modes === undefined ? undefined : formatMode(modes.after),
    ...redactedField(redactedBytes(journal, change.before) + redactedBytes(journal, change.after)),
  };
}

function printStat(context: Context, { journal }: History, changes: readonly Change[]): void {
  const { out } = context;
  const rows = changes.map((change): readonly Printable[] => {
    const diff =
      change.content === "same"
        ? undefined
        : diffContent(change.before, change.after, tapeOf(journal));
    return diff?.kind === "text"
      ? [printable(`+${diff.added}`), printable(`-${diff.removed}`)]
      : [words(""), diff?.kind === "bytes" ? words("bytes") : words("")];
  });
  const counts = table(rows, [{ align: "right" }, { align: "right" }]);
  const width = Math.max(0, ...counts.map((text) => text.length));
  for (const [index, change] of changes.entries()) {
    const text = printable((counts[index] ?? "").padStart(width));
    out.text(out.paint("dim", text));
    out.text(words("  "));
    out.line(changeHeading(context, change));
  }
  if (changes.length > 0)
    context.talk.line(counted(changes.length, "path changed", "paths changed"));
}
