import type { Journal } from "../../../journal/index.ts";
import {
  comparableTape,
  diffContent,
  diffTrees,
  lookup,
  sizesOf,
  tapeOf,
} from "../../history/index.ts";
import type { Change, History } from "../../history/index.ts";
import {
  type Printable,
  counted,
  printable,
  printableJson,
  table,
  words,
} from "../../text/index.ts";
import { hintAt } from "../absence.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
  revisionOf,
  separateRest,
} from "../command.ts";
import type { Context } from "../context.ts";
import { changeHeading, printChange } from "../diff-text.ts";
import { UsageError, exits } from "../failure.ts";
import { guestPath } from "../moment.ts";
import { withHistory } from "../reading.ts";
import { redactedBytes, redactedField } from "../redacted-text.ts";

interface Options extends ReadingOptions {
  readonly stat?: true;
  readonly exitCode?: true;
  readonly times?: true;
}

interface Range {
  readonly from: string;
  readonly to: string;
  readonly paths: readonly string[];
}

export const define: Define = (command, act) => {
  const rest = separateRest(command);
  return examples(
    readingOptions(command)
      .usage("[options] [from [to]] [--] [path...]")
      .argument("[from]", "a revision; by default the moment before the last run")
      .argument("[to]", "a revision; by default @, or the end of the last run")
      .argument(
        "[path...]",
        "only what is at and below these, which begin with / or stand behind --",
      )
      .option("--stat", "only which paths changed, and by how many lines")
      .option("--times", "what changed in nothing but its times, too")
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
      ["rewindfs diff", "what the last run changed"],
      ["rewindfs diff run:2^ run:2 -- /src", "what run 2 changed below /src"],
      ["rewindfs diff -5m --stat", "which paths changed in five minutes"],
    ],
  );
};

/** Two revisions at most, then paths: what begins with / is no revision. */
function rangeOf(given: readonly string[], rest: readonly string[]): Range {
  const at = given.findIndex((text) => text.startsWith("/"));
  const [from, to, ...more] = at === -1 ? given : given.slice(0, at);
  const paths = at === -1 ? [] : given.slice(at);
  const wrong = more[0] ?? paths.find((path) => !path.startsWith("/"));
  if (wrong !== undefined)
    throw new UsageError(`${wrong} is no path that begins with /`, "others stand behind --");
  return {
    from: from ?? "run:-1^",
    to: to ?? (from === undefined ? "run:-1" : "@"),
    paths: [...paths, ...rest].map(guestPath),
  };
}

function compare(context: Context, range: Range, options: Options): Promise<number> {
  return withHistory(context, (history) => {
    const { out } = context;
    const changes = changesIn(history, range, options);
    if (options.json === true) {
      for (const change of changes) out.line(printableJson(changeJson(history.journal, change)));
    } else if (options.stat === true) {
      printStat(context, history, changes);
    } else {
      for (const change of changes) printChange(context, history.journal, change);
    }
    if (changes.length === 0 && out.isTerminal) context.talk.line(words("nothing changed"));
    return changes.length > 0 && options.exitCode === true ? exits.no : exits.done;
  });
}

function changesIn(history: History, { from, to, paths }: Range, options: Options): Change[] {
  const before = history.at(history.resolve(revisionOf(from)));
  const last = history.resolve(revisionOf(to));
  const after = history.at(last);
  for (const path of paths) {
    if (lookup(before, path) !== undefined || lookup(after, path) !== undefined) continue;
    throw new UsageError(
      `there is no ${path} at ${from} nor at ${to}`,
      hintAt(history, path, last),
    );
  }
  return diffTrees(before, after, {
    readTape: comparableTape(history.journal),
    times: options.times === true ? "include" : "ignore",
    ...(paths.length === 0 ? {} : { paths }),
  });
}

function changeJson(journal: Journal, change: Change): Readonly<Record<string, unknown>> {
  const { before, after } = sizesOf(change);
  return {
    path: change.path,
    change: change.change,
    from: change.from,
    sizeBefore: before,
    sizeAfter: after,
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
