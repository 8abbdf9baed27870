import type { Journal, RunNumber, Seq } from "../../../../journal/index.ts";
import {
  type History,
  type Undo,
  type UndoOptions,
  type UndonePath,
  openHistory,
  planRedo,
  planUndo,
  planUndoAll,
  planUndoPaths,
  redo,
  undo,
  undoPaths,
  undoStack,
} from "../../../history/index.ts";
import { line, printable, printableName } from "../../../text/index.ts";
import { type CommonOptions, type Define, examples, separateRest } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { printRestored } from "../../text/planned-text.ts";
import { guestPath } from "../../asking/moment.ts";
import { withHistory } from "../../asking/reading.ts";
import { putBackWhileRunning } from "../../asking/while-running.ts";
import { runIn, runsNamed } from "../../asking/run-number.ts";
import { parseLabel } from "../../run/labels.ts";
import { writing } from "../../asking/writing.ts";

interface Options extends CommonOptions {
  readonly run?: string;
  readonly event?: string;
  readonly label?: string;
  readonly dryRun?: true;
  readonly force?: true;
}

export const define: Define = (command, act) => {
  const rest = separateRest(command);
  return examples(
    command
      .usage("[options] [--] [PATH]...")
      .argument("[path...]", "only the last change of these, whichever run made it")
      .option("-r, --run <n>", "this run, and not the last; -1 is the last")
      .option("--label <name=text>", "the runs with this label, the last one first")
      .option("-e, --event <n>", "only this event of a run")
      .option("-n, --dry-run", "show what would be done, and do nothing")
      .option("--force", "overwrite changes of later runs")
      .action((paths: readonly string[], options: Options) =>
        act(options, (context) => {
          const all = [...paths, ...rest().items].map(guestPath);
          if (options.label !== undefined)
            return takeLabelledBack(context, options.label, all, options);
          if (all.length === 0) return takeBack(context, "undo", options);
          if (options.run === undefined && options.event === undefined)
            return takePathsBack(context, all, options);
          throw new UsageError(
            "paths are for the last change of each, and --run and --event name another",
            "restore REV^ -- PATH puts one path back to before any moment",
          );
        }),
      ),
    [
      ["rewindfs undo", "the files as they were before the last run"],
      ["rewindfs undo --run 3", "undo run 3 alone; later changes stay"],
      ["rewindfs undo --event 412", "only that one event"],
      ["rewindfs undo -- /src/a.py", "the last save of that file; again for the one before"],
    ],
  );
};

/** Undoes or redoes a whole run, and prints the changes. */
export async function takeBack(
  context: Context,
  cause: "undo" | "redo",
  { run: number, event, dryRun, force }: Options,
): Promise<number> {
  const later = force === true ? "overwrite" : "refuse";
  if (number !== undefined && event !== undefined)
    throw new UsageError("--run and --event name two things", "leave one of them out");
  const optionsIn = (journal: Journal): UndoOptions => ({
    later,
    ...(number === undefined ? {} : { run: runIn(journal, number).run }),
    ...(event === undefined ? {} : { event: eventNumber(event) }),
  });
  if (dryRun === true) {
    return withHistory(context, (history) => {
      const { journal } = history;
      const plan = cause === "redo" ? planRedo : planUndo;
      printUndo(context, cause, plan(history, journal.head(), optionsIn(journal)));
      return exits.done;
    });
  }
  if (cause === "undo") {
    const exit = await putBackWhileRunning(context, ({ journal }) => {
      const { run, event: only } = optionsIn(journal);
      return {
        kind: "undo",
        force: force === true,
        ...(run === undefined ? {} : { run }),
        ...(only === undefined ? {} : { event: only }),
      };
    });
    if (exit !== undefined) return exit;
  }
  return writing(context, {}, ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    const take = cause === "redo" ? redo : undo;
    printUndo(context, cause, take(files, history, optionsIn(journal)));
    return exits.done;
  });
}

/** Undoes each run with a label, the last one first. */
function takeLabelledBack(
  context: Context,
  text: string,
  paths: readonly string[],
  { run, event, dryRun, force }: Options,
): Promise<number> {
  if (run !== undefined || event !== undefined || paths.length > 0)
    throw new UsageError("--label names the runs already", "leave the others out");
  const label = parseLabel(text, "--label").join("=");
  const later = force === true ? "overwrite" : "refuse";
  const numbersIn = (journal: Journal) =>
    runsNamed(journal, `label:${label}`)
      .map((one) => one.run)
      .reverse();
  const planOf = (history: History) => {
    const { journal } = history;
    return planUndoAll(history, journal.head(), numbersIn(journal), { later });
  };
  if (dryRun === true)
    return withHistory(context, (history) => {
      for (const undone of planOf(history)) printUndo(context, "undo", undone);
      return exits.done;
    });
  return writing(context, {}, ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    // All are tried first: none is taken back if one of them cannot be.
    const plans = planOf(history);
    const after =
      plans.length === 1
        ? "rewindfs redo brings it back"
        : `rewindfs redo --label ${label} brings all of them back`;
    for (const { run: number } of plans)
      printUndo(context, "undo", undo(files, history, { later, run: number }), after);
    return exits.done;
  });
}

/** Does each run with a label again that was undone last, up to the first one without it. */
export function bringLabelledBack(
  context: Context,
  text: string,
  { dryRun, force }: Pick<Options, "dryRun" | "force">,
): Promise<number> {
  if (dryRun === true)
    throw new UsageError("--label may name several runs", "a dry run shows one: leave --label out");
  const label = parseLabel(text, "--label").join("=");
  const later = force === true ? "overwrite" : "refuse";
  return writing(context, {}, ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    const named = new Set(runsNamed(journal, `label:${label}`).map(({ run }) => run));
    const isNext = () => named.has(undoStack(journal).undone.at(-1)?.run.run ?? (0 as RunNumber));
    if (!isNext())
      throw new UsageError(
        `the run that was undone last has no label ${label}`,
        "rewindfs redo brings that one back",
      );
    while (isNext()) printUndo(context, "redo", redo(files, history, { later }));
    return exits.done;
  });
}

function eventNumber(text: string): Seq {
  const digits = /^#?(\d{1,15})$/.exec(text)?.[1];
  if (digits !== undefined) return Number(digits) as Seq;
  throw new UsageError(`--event ${text} is not the number of an event`, "rewindfs log lists them");
}

async function takePathsBack(
  context: Context,
  paths: readonly string[],
  { dryRun }: Options,
): Promise<number> {
  const print = (undone: readonly UndonePath[]): number => {
    for (const one of undone) {
      const { path, first, last } = one.change;
      const events = first === last ? line`event ${first}` : line`events ${first} to ${last}`;
      const was = one.done === undefined ? "would be" : first === last ? "was" : "were";
      context.talk.line(line`${events} on ${printableName(path)} ${printable(was)} taken back`);
      printRestored(context, one, "rewindfs undo brings it back");
    }
    return exits.done;
  };
  if (dryRun === true) {
    return withHistory(context, (history) =>
      print(planUndoPaths(history, history.journal.head(), paths)),
    );
  }
  const exit = await putBackWhileRunning(context, () => ({ kind: "undo-paths", paths }));
  if (exit !== undefined) return exit;
  return writing(context, {}, ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    return print(undoPaths(files, history, paths));
  });
}

/** `again` says how to go on after a run was undone. */
function printUndo(
  context: Context,
  cause: "undo" | "redo",
  undone: Undo,
  again = "rewindfs redo brings it back",
): void {
  const { run, event, done, conflicts } = undone;
  const did = cause === "undo" ? "taken back" : "done again";
  const outcome = done === undefined ? `would be ${did}` : `was ${did}`;
  const which = event === undefined ? `run ${run}` : `event ${event}, of run ${run},`;
  context.talk.line(printable(`${which} ${outcome}`));
  for (const { path, reason } of conflicts) {
    context.talk.line(line`gone over: ${printableName(path)}: ${printable(reason)}`);
  }
  const isRun = cause === "undo" && event === undefined;
  printRestored(context, undone, isRun ? again : "rewindfs undo takes it back");
}
