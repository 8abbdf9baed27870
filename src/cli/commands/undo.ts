import type { Journal } from "../../../journal/index.ts";
import { type Undo, openHistory, planRedo, planUndo, redo, undo } from "../../history/index.ts";
import { printable } from "../../text/index.ts";
import { type CommonOptions, type Define, examples } from "../command/command.ts";
import type { Context } from "../command/context.ts";
import { exits } from "../command/failure.ts";
import { printRestored } from "../text/planned-text.ts";
import { withHistory } from "../asking/reading.ts";
import { runIn } from "../run/run-number.ts";
import { writing } from "../asking/writing.ts";

interface Options extends CommonOptions {
  readonly run?: string;
  readonly dryRun?: true;
  readonly force?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .option("-r, --run <n>", "this run, and not the last; -1 is the last")
      .option("-n, --dry-run", "tell what would be done, and do nothing")
      .option("--force", "go over what later runs changed")
      .action((options: Options) => act(options, (context) => takeBack(context, "undo", options))),
    [
      ["rewindfs undo", "the files as they were before the last run"],
      ["rewindfs undo --run 3", "only what run 3 did; what came later stays"],
    ],
  );

/** Undoes or redoes a run as a whole, and tells what that changed. */
export function takeBack(
  context: Context,
  cause: "undo" | "redo",
  { run: number, dryRun, force }: Options,
): Promise<number> {
  const later = force === true ? "overwrite" : "refuse";
  const optionsIn = (journal: Journal) =>
    number === undefined
      ? ({ later } as const)
      : ({ later, run: runIn(journal, number).run } as const);
  if (dryRun === true) {
    return withHistory(context, (history) => {
      const { journal } = history;
      const plan = cause === "redo" ? planRedo : planUndo;
      printUndo(context, cause, plan(history, journal.head(), optionsIn(journal)));
      return exits.done;
    });
  }
  return writing(context, {}, ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    const take = cause === "redo" ? redo : undo;
    printUndo(context, cause, take(files, history, optionsIn(journal)));
    return exits.done;
  });
}

function printUndo(context: Context, cause: "undo" | "redo", undone: Undo): void {
  const { run, done, conflicts } = undone;
  const did = cause === "undo" ? "taken back" : "done again";
  const what = done === undefined ? `would be ${did}` : `was ${did}`;
  context.talk.line(printable(`run ${run} ${what}`));
  for (const { path, reason } of conflicts) {
    context.talk.line(printable(`gone over: ${path}: ${reason}`));
  }
  const after = cause === "undo" ? "rewindfs redo brings it back" : "rewindfs undo takes it back";
  printRestored(context, undone, after);
}
