import { openHistory, restore } from "../../history/index.ts";
import { type CommonOptions, type Define, examples, revisionOf, separateRest } from "../command.ts";
import type { Context } from "../context.ts";
import { UsageError, exits } from "../failure.ts";
import { guestPath } from "../moment.ts";
import { printRestored } from "../planned-text.ts";
import { writing } from "../writing.ts";

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
        "only what is at and below these, which begin with / or stand behind --",
      )
      .option("-n, --dry-run", "tell what would be done, and do nothing")
      .action((revision: string, paths: readonly string[], options: Options) =>
        act(options, (context) => {
          const all = [...paths.map(requireAbsolute), ...rest().items];
          return putBack(context, revisionOf(revision), all.map(guestPath), options);
        }),
      ),
    [
      ["rewindfs restore run:3^", "everything as it was before run 3; recorded, and can be undone"],
      ["rewindfs restore @-20 -- /src", "only what is below /src"],
    ],
  );
};

/** A second revision, or a forgotten word, is no path. */
function requireAbsolute(path: string): string {
  if (path === "" || path.startsWith("/")) return path;
  throw new UsageError(`${path} is no path that begins with /`, "others stand behind --");
}

function putBack(
  context: Context,
  revision: string,
  paths: readonly string[],
  { dryRun }: Options,
): Promise<number> {
  const after = "rewindfs undo takes this back";
  const mode = dryRun === true ? "dry-run" : "do";
  return writing(context, {}, ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    const seq = history.resolve(revision);
    const scope = paths.length === 0 ? {} : { paths };
    printRestored(context, restore(files, history, seq, { ...scope, mode, revision }), {
      mode,
      after,
    });
    return exits.done;
  });
}
