import { openHistory, redo, undo } from "../../history/index.ts";
import { printable } from "../../text/index.ts";
import { type CommonOptions, type Define, examples } from "../command.ts";
import type { Context } from "../context.ts";
import { exits } from "../failure.ts";
import { printRestored } from "../planned-text.ts";
import { runIn } from "../run-number.ts";
import { writing } from "../writing.ts";

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
  const mode = dryRun === true ? "dry-run" : "do";
  const later = force === true ? "overwrite" : "refuse";
  return writing(context, {}, ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    const options = { mode, later } as const;
    const done =
      cause === "redo"
        ? redo(files, history, options)
        : undo(
            files,
            history,
            number === undefined ? options : { ...options, run: runIn(journal, number).run },
          );
    const did = cause === "undo" ? "taken back" : "done again";
    const what = done.done === undefined ? `would be ${did}` : `was ${did}`;
    context.talk.line(printable(`run ${done.run} ${what}`));
    for (const { path, reason } of done.conflicts) {
      context.talk.line(printable(`gone over: ${path}: ${reason}`));
    }
    const after = cause === "undo" ? "rewindfs redo brings it back" : "rewindfs undo takes it back";
    printRestored(context, done, { mode, after });
    return exits.done;
  });
}
