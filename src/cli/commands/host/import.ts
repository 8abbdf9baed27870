import { processSignals } from "../../../run/index.ts";
import { type CommonOptions, type Define, examples } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exits } from "../../command/failure.ts";
import { askAboutSize } from "../../run/asked-size.ts";
import { excludeOptions } from "../../run/exclude-options.ts";
import { importMount, tellStopped } from "../../run/importing.ts";
import type { Mount } from "../../run/run-options.ts";
import { requirePath } from "../../asking/moment.ts";
import { type ResolutionOptions, resolutionOf } from "../../asking/resolution.ts";
import { writing } from "../../asking/writing.ts";

interface Options extends CommonOptions, ResolutionOptions {
  readonly delete?: true;
  readonly fresh?: true;
  readonly all?: true;
  readonly separate?: true;
  readonly maxSize?: string;
}

async function importing(
  context: Context,
  mount: Mount,
  how: Parameters<typeof importMount>[3],
): Promise<number> {
  const { signal } = processSignals();
  try {
    return await writing(context, { journal: "is made" }, async (live) => {
      const { skipped, conflicts } = await importMount(context, live, mount, how, signal);
      return skipped + conflicts.length > 0 ? exits.no : exits.done;
    });
  } catch (error) {
    return tellStopped(context, error, signal);
  }
}

export const define: Define = (command, act) => {
  const scopeOf = excludeOptions(command);
  return examples(
    command
      .argument("<host>", "a directory or file of this machine")
      .argument("<guest>", "where it goes in the filesystem")
      .option("--ours", "where both sides changed, this machine's version counts")
      .option("--theirs", "where both sides changed, the program's version counts")
      .option("--merge", "where both sides changed a text, bring both together")
      .option("--markers", "the same, with markers where both changed the same lines")
      .option("--fresh", "take all of this machine's versions, over what a program changed")
      .option("--delete", "the same, and delete entries that the host does not have")
      .option("--separate", "bring in bytes that another file has, too, instead of sharing them")
      .action((host: string, guest: string, options: Options) =>
        act(options, (context) => {
          requirePath(guest, "the path to import to", "the root is /");
          const conflicts = resolutionOf(options);
          const scope = scopeOf(options);
          askAboutSize(context, [host], scope);
          const extra = options.delete === true ? "delete" : "keep";
          const from = options.fresh === true ? "fresh" : "changes";
          const copies = options.separate === true ? "separate" : "shared";
          const how = { extra, from, conflicts, copies, exclude: scope.exclude } as const;
          return importing(context, { host, guest }, how);
        }),
      ),
    [
      ["rewindfs import ./data /data", "copy a directory in, as a run of its own"],
      ["rewindfs import ./data /data --merge", "and bring texts together that both sides changed"],
      ["rewindfs import . /src --include build --exclude '*.log'", "include some ignored paths"],
    ],
  ).addHelpText(
    "after",
    "\nIf the directory was imported before, its changes here since then come in, and a program's changes stay.\nA path changed on both sides is a conflict, and stays as it is on both until you say which version counts.\nAn interrupted import leaves the files that it had copied: `rewindfs undo` takes them back, and the same\nimport again copies the rest.\n\nPaths that git ignores stay out, by .gitignore (in any folder), .git/info/exclude and core.excludesFile; tracked\nones come in. Paths that a .rewindignore beside them names stay out even if git tracks them.\nNo excluded path is ever changed or deleted here.",
  );
};
