import { expectingContents, tapeOf } from "../../../history/index.ts";
import { line, printable, printableName, words } from "../../../text/index.ts";
import { type Comparison, type Range, withComparison } from "../../asking/comparison.ts";
import { journalMomentIn } from "../../asking/journal-moment.ts";
import { guestPath } from "../../asking/moment.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
  separateRest,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { parseCount } from "../../command/count.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { contentPrinter } from "../../text/content-text.ts";
import { changeJson, placeOf, printStat, statusLine } from "../../text/diff-forms.ts";
import { printChange } from "../../text/diff-text.ts";

interface Options extends ReadingOptions {
  readonly stat?: true;
  readonly exitCode?: true;
  readonly times?: true;
  readonly unified?: number;
  readonly nameOnly?: true;
  readonly nameStatus?: true;
  readonly wordDiff?: true;
  readonly git?: true;
}

export const define: Define = (command, act) => {
  const rest = separateRest(command);
  return examples(
    readingOptions(command)
      .usage("[options] [from [to]] [--] [path...]")
      .argument(
        "[from]",
        "a revision, or FILE@REV of another journal; by default the last moment that was applied",
      )
      .argument("[to]", "a revision, or FILE@REV; by default @")
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
      .option("--word-diff", "changed words within their lines: [-removed-] and {+added+}")
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
            const isUsual = command.getOptionValueSource("wordDiff") === "config";
            const chosen = isUsual && formsOf(options).length > 1 ? withoutWords(options) : options;
            return compare(context, rangeOf(given, rest().items, chosen), chosen);
          }),
      ),
    [
      ["rewindfs diff", "changes not applied yet, or else the last program's"],
      ["rewindfs diff run:2^ run:2 -- /src", "what run 2 changed below /src"],
      ["rewindfs diff -5m --stat", "which paths changed in five minutes"],
      ["rewindfs diff rewind.db@run:1 fork.db@", "between a journal and its fork"],
      ["rewindfs diff --git >run.patch", "a patch for git apply; -p2 where --dir was .::/src"],
    ],
  );
};

/** Parses two revisions at most, then paths: an argument that begins with / is no revision. */
function rangeOf(given: readonly string[], rest: readonly string[], { times }: Options): Range {
  const at = given.findIndex((text) => text.startsWith("/") && journalMomentIn(text) === undefined);
  const [from, to, ...more] = at === -1 ? given : given.slice(0, at);
  const paths = at === -1 ? [] : given.slice(at);
  const wrong = more[0] ?? paths.find((path) => !path.startsWith("/"));
  if (wrong !== undefined)
    throw new UsageError(`${wrong} is no path that begins with /`, "put other paths after --");
  return {
    from,
    to,
    paths: [...paths, ...rest].map(guestPath),
    times: times === true ? "include" : "ignore",
  };
}

function compare(context: Context, range: Range, options: Options): Promise<number> {
  checkForms(options);
  return withComparison(context, range, (comparison) => {
    const { out, talk } = context;
    if (options.git === true) return printPatch(context, comparison, options);
    const { tapes } = comparison;
    const changes = comparison.changes();
    if (options.json === true) {
      for (const change of changes) out.json(changeJson(tapes, change));
    } else if (options.nameOnly === true) {
      for (const change of changes) out.plain(printable(placeOf(change)));
    } else if (options.nameStatus === true) {
      for (const change of changes) out.plain(statusLine(change));
    } else if (options.stat === true) {
      printStat(context, tapes, changes);
    } else {
      const budget = options.unified === undefined ? {} : { context: options.unified };
      const by = options.wordDiff === true ? "words" : "lines";
      for (const change of expectingContents(changes, tapeOf(tapes)))
        printChange(context, tapes, change, { budget, by });
    }
    if (changes.length === 0 && out.isTerminal) talk.line(words("nothing changed"));
    return changes.length > 0 && options.exitCode === true ? exits.no : exits.done;
  });
}

/** Drops a form that the folder's config prefers, where another was asked for. */
function withoutWords(options: Options): Options {
  const { wordDiff: _, ...others } = options;
  return others;
}

/** Throws UsageError for two forms of output. */
function checkForms(options: Options): void {
  const asked = formsOf(options);
  // --json with --stat has always been allowed.
  if (asked.length < 2 || asked.join(" ") === "--json --stat") return;
  throw new UsageError(`${asked.join(" and ")} ask for different outputs`, "give one of them");
}

function formsOf({ json, stat, nameOnly, nameStatus, wordDiff, git }: Options): string[] {
  return [
    json === true ? ["--json"] : [],
    stat === true ? ["--stat"] : [],
    nameOnly === true ? ["--name-only"] : [],
    nameStatus === true ? ["--name-status"] : [],
    wordDiff === true ? ["--word-diff"] : [],
    git === true ? ["--git"] : [],
  ].flat();
}

/** Prints the patch: unchanged, or on a terminal with all characters visible. */
function printPatch(
  { out, talk }: Context,
  comparison: Comparison,
  { unified, exitCode }: Options,
): number {
  let skipped = 0;
  let isEmpty = true;
  const screen = out.isTerminal ? contentPrinter(out) : undefined;
  const patch = comparison.patch({
    ...(unified === undefined ? {} : { context: unified }),
    onSkip: ({ path, reason }) => {
      skipped += 1;
      talk.line(line`left out ${printableName(path)}: ${printable(reason)}`);
    },
  });
  for (const part of patch) {
    isEmpty = false;
    if (screen === undefined) out.bytes(part);
    else screen.add(part);
  }
  screen?.end();
  return skipped > 0 || (!isEmpty && exitCode === true) ? exits.no : exits.done;
}
