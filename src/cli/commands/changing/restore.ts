import type { Seq } from "../../../../journal/index.ts";
import {
  type History,
  type Restored,
  lookup,
  openHistory,
  planRestore,
  restore,
} from "../../../history/index.ts";
import { hintAt } from "../../asking/absence.ts";
import {
  type CommonOptions,
  type Define,
  examples,
  revisionOf,
  separateRest,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { NoAnswerError, UsageError, exits } from "../../command/failure.ts";
import { guestPath } from "../../asking/moment.ts";
import { printRestored } from "../../text/planned-text.ts";
import { withHistory } from "../../asking/reading.ts";
import { putBackWhileRunning } from "../../asking/while-running.ts";
import { writing } from "../../asking/writing.ts";

interface Options extends CommonOptions {
  readonly dryRun?: true;
}

export const define: Define = (command, act) => {
  const rest = separateRest(command);
  return examples(
    command
      .usage("[options] REV [--] [PATH]...")
      .argument("<rev>", "the moment to go back to")
      .argument(
        "[path...]",
        "only these paths and everything below; begin them with / or put them after --",
      )
      .option("-n, --dry-run", "show what would be done, and do nothing")
      .action((revision: string, paths: readonly string[], options: Options) =>
        act(options, (context) => {
          const all = [...paths.map(requireAbsolute), ...rest().items];
          return putBack(context, revisionOf(revision), all.map(guestPath), options);
        }),
      ),
    [
      ["rewindfs restore run:3^", "everything as it was before run 3; recorded, and can be undone"],
      ["rewindfs restore @-20 -- /src", "only /src"],
    ],
  );
};

/** Rejects a second revision, or a forgotten word, as a path. */
function requireAbsolute(path: string): string {
  if (path === "" || path.startsWith("/")) return path;
  throw new UsageError(`${path} is no path that begins with /`, "put other paths after --");
}

async function putBack(
  context: Context,
  revision: string,
  paths: readonly string[],
  { dryRun }: Options,
): Promise<number> {
  const scope = paths.length === 0 ? undefined : paths;
  const print = (restored: Restored) => {
    printRestored(context, restored, "rewindfs undo takes this back");
    return exits.done;
  };
  if (dryRun === true) {
    return withHistory(context, (history) => {
      const head = history.journal.head();
      const seq = history.resolve(revision);
      requireThere(history, paths, { head, seq, revision });
      return print(planRestore(history.at(head), history.at(seq), scope));
    });
  }
  const exit = await putBackWhileRunning(context, (history) => {
    const seq = history.resolve(revision);
    requireThere(history, paths, { head: history.journal.head(), seq, revision });
    return { kind: "restore", seq, revision, ...(scope === undefined ? {} : { paths: scope }) };
  });
  if (exit !== undefined) return exit;
  return writing(context, {}, ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    const seq = history.resolve(revision);
    requireThere(history, paths, { head: journal.head(), seq, revision });
    return print(
      restore(files, history, seq, { ...(scope === undefined ? {} : { paths: scope }), revision }),
    );
  });
}

interface Moments {
  readonly head: Seq;
  readonly seq: Seq;
  readonly revision: string;
}

/** Rejects a path that exists at neither moment: it is a mistake, or another moment is wanted. Throws NoAnswerError. */
function requireThere(
  history: History,
  paths: readonly string[],
  { head, seq, revision }: Moments,
): void {
  const isThere = (path: string) =>
    [seq, head].some((at) => lookup(history.at(at), path) !== undefined);
  for (const path of paths) {
    if (!isThere(path))
      throw new NoAnswerError(
        `there is no ${path} at ${revision}, nor now`,
        hintAt(history, path, seq),
      );
  }
}
