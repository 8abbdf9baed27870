import { realpathSync } from "node:fs";

import type { Journal, Seq } from "../../../../journal/index.ts";
import { openHistory } from "../../../history/index.ts";
import { describeBytes, line, words } from "../../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
  revisionOf,
  separateRest,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { agree } from "../../retention/agreed.ts";
import { policyIn } from "../../retention/config-file.ts";
import { cutOf, journalBytes } from "../../retention/cut.ts";
import { type Compacting, compactJournal } from "../../retention/compacting.ts";
import { type Policy, parsePolicy, policyWords } from "../../retention/policy.ts";

interface Options extends ReadingOptions {
  readonly before?: string;
  readonly keep?: string;
  readonly maxAge?: string;
  readonly maxSize?: string;
  readonly dryRun?: true;
  readonly all?: true;
  readonly unshipped?: true;
}

export const define: Define = (command, act) => {
  separateRest(command);
  return examples(
    readingOptions(command)
      .option("--before <rev>", "moment at which the journal begins afterwards")
      .option(
        "--keep <runs>",
        "keep this many of the last programs' runs, and what was done between them; alone: drop all older ones",
      )
      .option("--max-age <time>", "drop runs older than this, such as 30d")
      .option(
        "--max-size <size>",
        "drop the oldest runs until the journal is no larger, such as 2G",
      )
      .option("--all", "fold changes that are not applied to their folder yet, too")
      .option("--unshipped", "fold what a depot that the journal is sent to does not have yet, too")
      .option("-n, --dry-run", "show what would be folded, and do nothing")
      .action((options: Options) => act(options, (context) => gc(context, options))),
    [
      [
        "rewindfs gc --before run:-10^ --dry-run",
        "show what folding all but the last ten runs would do",
      ],
      ["rewindfs gc --keep 20 --max-age 30d", "drop older runs, but none of the last 20"],
      ["rewindfs gc", "by [gc] of rewind.toml in this folder; from then on after each run"],
    ],
  ).addHelpText(
    "after",
    `
Folds the events up to the last commit at or before that moment into one state, for good. Later events stay and keep
their numbers: every moment since then can be read, compared, restored and exported. Earlier runs and marks stay in
their lists. The file is rewritten: that takes as much free space as its size, beside it and in the folder for
temporary files. Events that an apply still needs are kept: without them it could not tell what a program changed in a
folder since both sides were the same.

A folder's rewind.toml ([gc] with keep = 20, max-age = "30d", max-size = "2G"), or "rewindfs": { "gc": … } in its
package.json, applies to the journal in that folder, and automatically only after gc was once run there.`,
  );
};

async function gc(context: Context, options: Options): Promise<number> {
  const { before } = options;
  const policy = parsePolicy(options, (name) => flags[name]);
  if (before !== undefined) {
    if (policy === undefined) return compactJournal(context, atRevision(context, before), options);
    throw new UsageError(
      "--before contradicts --keep, --max-age and --max-size",
      "leave one of them out",
    );
  }
  if (policy !== undefined) return byPolicy(context, policy, options);
  const folder = realpathSync(".");
  const wanted = await policyIn(folder);
  if (wanted === undefined) {
    throw new UsageError(
      "gc needs to know what to keep",
      "for example --keep 20, or --before run:-10^; rewind.toml can set it, too",
    );
  }
  const code = await byPolicy(context, wanted, options);
  if (options.dryRun !== true && agree(folder, wanted))
    context.talk.line(words("from now on it is done after each run in this folder"));
  return code;
}

const flags = { keep: "--keep", maxAge: "--max-age", maxSize: "--max-size" } as const;

function atRevision(context: Context, before: string): Compacting {
  const revision = revisionOf(before);
  const choose = (journal: Journal): Seq =>
    openHistory(journal, { now: context.now }).resolve(revision);
  return { request: revision, choose };
}

async function byPolicy(context: Context, policy: Policy, options: Options): Promise<number> {
  const choose = (journal: Journal): Seq => cutOf(journal, policy, context.now());
  const code = await compactJournal(context, { request: policyWords(policy), choose }, options);
  const size = journalBytes(context.journal);
  const isLarger = policy.maxBytes !== undefined && size > policy.maxBytes;
  if (isLarger && options.dryRun !== true && code === exits.done)
    context.talk.line(
      line`the journal still has ${describeBytes(size)}: the rest must be kept, or is not applied yet`,
    );
  return code;
}
