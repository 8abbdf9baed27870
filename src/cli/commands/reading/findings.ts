import { type Level, findingsIn, isAtLeast, levels, wholeBudget } from "../../../findings/index.ts";
import { counted, line, words } from "../../../text/index.ts";
import { guestPath } from "../../asking/moment.ts";
import { tellCompacted, withHistory } from "../../asking/reading.ts";
import { keepHeapSmall, processorTime } from "../../asking/long-search.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
  revisionOf,
  separateRest,
} from "../../command/command.ts";
import { ownRules } from "../../config/own-rules.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { runIn } from "../../asking/run-number.ts";
import { openProgress } from "../../command/progress.ts";
import {
  findingJson,
  printFindings,
  showingFindings,
  tellUnseen,
} from "../../text/findings-text.ts";

interface Options extends ReadingOptions {
  readonly run?: string;
  readonly path?: string;
  readonly atLeast: string;
  readonly all?: true;
}

export const define: Define = (command, act) => {
  separateRest(command);
  return examples(
    readingOptions(command)
      .argument("[from]", "only what came after this revision")
      .argument("[to]", "only what came up to this one; by default @")
      .option("-r, --run <n>", "only this run; -1 is the last")
      .option("-p, --path <path>", "only what is at and below this path, and what was refused")
      .option("--all", "look at everything, however long it takes")
      .option("--at-least <level>", "exit with 1 for high, medium or low findings", "medium")
      .action((from: string | undefined, to: string | undefined, options: Options) =>
        act(options, (context) => list(context, { from, to }, options)),
      ),
    [
      ["rewindfs findings", "what deserves a look in all that programs did"],
      ["rewindfs findings --run -1 --at-least high", "for CI: exit with 1 if the last run is bad"],
      ["rewindfs findings --json @-1000", "of the last thousand events, for a machine"],
    ],
  ).addHelpText(
    "after",
    `
Unless --all is given, a search ends after a minute of processor time, 1 GiB that was written, or 5 million steps of a
run; then it names what was not looked at, and exits with 1.

A finding is no proof, and none is no proof of the contrary: docs/findings.md has the rules.`,
  );
};

interface Range {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

async function list(context: Context, range: Range, options: Options): Promise<number> {
  const least = parseLevel(options.atLeast);
  return withHistory(context, async (history) => {
    const { out, talk } = context;
    const { journal } = history;
    keepHeapSmall(journal.head());
    const { first, last } = boundsOf(range, options);
    if (options.json !== true && (first ?? 1) <= (journal.base()?.seq ?? 0))
      tellCompacted(context, journal);
    using progress = openProgress(context);
    const found = await findingsIn(history, {
      rules: await ownRules(),
      now: processorTime,
      onProgress: showingFindings(progress),
      ...(options.all === true ? { budget: wholeBudget } : {}),
      ...(first === undefined ? {} : { first }),
      ...(last === undefined ? {} : { last }),
      ...(options.path === undefined ? {} : { below: guestPath(options.path) }),
    });
    progress[Symbol.dispose]();
    if (options.json === true) {
      for (const one of found.findings) out.json(findingJson(one));
      for (const [rule, more] of found.more) out.json({ rule, more });
    } else {
      printFindings(context, found, String(journal.head()).length);
    }
    tellUnseen(context, found.unseen, options.all === true ? tooMuch : bounds);
    if (found.findings.length === 0) talk.line(words("nothing was found that deserves a look"));
    else if (out.isTerminal)
      talk.line(
        line`${counted(found.findings.length, "finding")}; rewindfs show ${found.findings[0]?.seq ?? 1} tells more of the first`,
      );
    const isBad = found.findings.some(({ level }) => isAtLeast(level, least));
    return isBad || found.unseen.length > 0 ? exits.no : exits.done;

    function boundsOf({ from, to }: Range, { run }: Options) {
      if (run !== undefined) {
        if (from !== undefined)
          throw new UsageError("--run and revisions ask for different events", "give one of them");
        return runIn(journal, run);
      }
      const after = from === undefined ? undefined : history.resolve(revisionOf(from));
      const upTo = to === undefined ? undefined : history.resolve(revisionOf(to));
      return { first: after === undefined ? undefined : after + 1, last: upTo };
    }
  });
}

const bounds = words(
  "a search ends after a minute of processor time, 1 GiB that was written, or 5 million steps of a run; --all looks at everything",
);
const tooMuch = words("memory has no room for more; --path, or two revisions, ask for less");

function parseLevel(text: string): Level {
  const found = levels.find((level) => level === text);
  if (found !== undefined) return found;
  throw new UsageError(`--at-least ${text} is no level`, "it is high, medium or low");
}
