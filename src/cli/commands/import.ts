import { type CommonOptions, type Define, examples } from "../command/command.ts";
import { exits } from "../command/failure.ts";
import { importMount } from "../run/importing.ts";
import { requirePath } from "../asking/moment.ts";
import { type ResolutionOptions, resolutionOf } from "../asking/resolution.ts";
import { writing } from "../asking/writing.ts";

interface Options extends CommonOptions, ResolutionOptions {
  readonly delete?: true;
  readonly fresh?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .argument("<host>", "a directory or file of this machine")
      .argument("<guest>", "where it goes in the filesystem")
      .option("--ours", "where both sides changed, this machine's version counts")
      .option("--theirs", "where both sides changed, the program's version counts")
      .option("--merge", "where both sides changed a text, bring both together")
      .option("--markers", "the same, with markers where both changed the same lines")
      .option("--fresh", "take all of this machine's versions, over what a program changed")
      .option("--delete", "the same, and delete what is there and the host does not have")
      .action((host: string, guest: string, options: Options) =>
        act(options, (context) => {
          requirePath(guest, "the path to import to", "the root is /");
          const conflicts = resolutionOf(options);
          return writing(context, { journal: "is made" }, (live) => {
            const extra = options.delete === true ? "delete" : "keep";
            const from = options.fresh === true ? "fresh" : "changes";
            const how = { extra, from, conflicts } as const;
            const summary = importMount(context, live, { host, guest }, how);
            return summary.skipped + summary.conflicts.length > 0 ? exits.no : exits.done;
          });
        }),
      ),
    [
      ["rewindfs import ./data /data", "copy a directory in, as a run of its own"],
      ["rewindfs import ./data /data --merge", "and bring texts together that both sides changed"],
    ],
  ).addHelpText(
    "after",
    "\nOf a directory that came in before, what changed here since then is taken over, and what a program changed stays.\nWhat both changed is a conflict, which stays as it is on both sides until you say what counts.\nOne that is interrupted leaves what it had copied: `rewindfs undo` takes that back, and the same import again\ncopies the rest.",
  );
