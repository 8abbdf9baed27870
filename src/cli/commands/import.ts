import { type CommonOptions, type Define, examples } from "../command.ts";
import { exits } from "../failure.ts";
import { importMount } from "../importing.ts";
import { requirePath } from "../moment.ts";
import { writing } from "../writing.ts";

interface Options extends CommonOptions {
  readonly delete?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .argument("<host>", "a directory or file of this machine")
      .argument("<guest>", "where it goes in the filesystem")
      .option("--delete", "delete what is there and the host does not have")
      .action((host: string, guest: string, options: Options) =>
        act(options, (context) => {
          requirePath(guest, "the path to import to", "the root is /");
          return writing(context, { journal: "is made" }, (live) => {
            const extra = options.delete === true ? "delete" : "keep";
            const { skipped } = importMount(context, live, { host, guest }, { extra });
            return skipped > 0 ? exits.no : exits.done;
          });
        }),
      ),
    [["rewindfs import ./data /data", "copy a directory in, as a run of its own"]],
  ).addHelpText(
    "after",
    "\nOne that is interrupted leaves what it had copied: `rewindfs undo` takes that back, and the same import again\ncopies the rest.",
  );
