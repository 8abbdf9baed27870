import {
  type Compaction,
  type Journal,
  type Seq,
  compact,
  planCompaction,
} from "../../../journal/index.ts";
import { foldedState, openHistory } from "../../history/index.ts";
import { type Needed, foldsAll, neededBefore } from "../../host/index.ts";
import { counted, describeBytes, line, printable, printableJson, words } from "../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
  revisionOf,
  separateRest,
} from "../command/command.ts";
import type { Context } from "../command/context.ts";
import { UsageError, exits } from "../command/failure.ts";
import { openProgress } from "../command/progress.ts";
import { withJournal } from "../asking/reading.ts";

interface Options extends ReadingOptions {
  readonly before?: string;
  readonly dryRun?: true;
  readonly all?: true;
}

export const define: Define = (command, act) => {
  separateRest(command);
  return examples(
    readingOptions(command)
      .option("--before <rev>", "the moment that the journal is to begin with")
      .option("--all", "fold what is not applied to its folder yet, too")
      .option("-n, --dry-run", "tell what would be folded, and do nothing")
      .action((options: Options) => act(options, (context) => gc(context, options))),
    [
      [
        "rewindfs gc --before run:-10^ --dry-run",
        "what folding all but the last ten runs would do",
      ],
      ["rewindfs gc --before -30d", "forget how it came to the state of thirty days ago"],
    ],
  ).addHelpText(
    "after",
    `
The events up to the last commit at or before that moment are folded into one state, for good. What came after it is
as before: its events keep their numbers, and every moment of it can be read, compared, restored and exported. Runs and
marks from before stay in their lists. The file is written anew: that takes free room of its size beside it, and in the
folder for temporary files. What an apply still needs is kept: it cannot tell what a program changed in a folder since
both were the same, when that is folded.`,
  );
};

async function gc(context: Context, options: Options): Promise<number> {
  const { before, dryRun } = options;
  if (before === undefined)
    throw new UsageError("gc wants to know what to keep", "for example --before run:-10^");
  const revision = revisionOf(before);
  const needed: Needed[] = [];
  const choose = (journal: Journal): Seq => {
    const history = openHistory(journal, { now: context.now });
    const asked = history.resolve(revision);
    if (options.all === true) return asked;
    needed.splice(0, needed.length, ...neededBefore(history, asked));
    return needed.reduce((seq, { first }) => (first < seq ? first : seq), asked);
  };
  // What is asked for is looked at before anything is locked.
  const wanted = await withJournal(context, (journal) => {
    const seq = choose(journal);
    tellNeeded(context, seq, needed);
    if (dryRun === true) print(context, planCompaction(journal, seq, foldedState), seq, options);
    return seq;
  });
  if (dryRun === true) return exits.done;
  using progress = openProgress(context);
  const done = compact(context.journal, {
    what: options.all === true ? `${revision} ${foldsAll}` : revision,
    choose,
    stateAt: foldedState,
    onStage: (stage) => progress.show(() => words(stages[stage])),
  });
  print(context, done, wanted, options);
  return tellLeftover(context, done);
}

function tellNeeded({ talk }: Context, seq: Seq, needed: readonly Needed[]): void {
  for (const { folder } of needed) {
    talk.line(
      line`what changed in ${printable(folder.guest)} is not applied to ${printable(folder.host)} yet: only what is up to event ${seq} can go`,
    );
  }
  if (needed.length > 0) {
    talk.line(
      words(
        "Hint: apply it first; --all folds it all the same, and apply can then not tell who changed what",
      ),
    );
  }
}

const stages = {
  checking: "verifying what is to be folded",
  folding: "folding events",
  "writing anew": "writing the file anew",
} as const;

function print({ out, talk }: Context, done: Compaction, wanted: Seq, { json, dryRun }: Options) {
  const { run, seq, events, bytes, leftover } = done;
  if (json === true) {
    const state = leftover === undefined ? {} : { leftover: true };
    out.line(printableJson({ folded: seq, events, bytes, run, ...state }));
    return;
  }
  if (events === 0 && run === undefined) {
    talk.line(
      seq === 0
        ? words("nothing to fold: commits are folded whole, and none ends at or before that moment")
        : line`nothing to fold: event ${seq} is the last that is folded already`,
    );
    return;
  }
  if (seq < wanted)
    talk.line(
      line`event ${seq} is the last of a commit before event ${wanted}: commits are folded whole`,
    );
  const what = line`${counted(events, "event")} up to #${seq}, ${describeBytes(bytes)} of content`;
  if (dryRun === true) talk.line(line`${what} would be folded; nothing was done`);
  else talk.line(line`run ${run ?? 0}: ${what} folded; the journal begins with event ${seq + 1}`);
}

function tellLeftover({ talk }: Context, { leftover }: Compaction): number {
  if (leftover === undefined) return exits.done;
  talk.line(printable(`rewindfs: the space is not given back yet: ${leftover.message}`));
  talk.line(
    words(
      "Hint: it takes as much free room as the journal has; run the same command again when there is",
    ),
  );
  return exits.refused;
}
