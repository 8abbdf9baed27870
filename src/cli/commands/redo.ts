import { type CommonOptions, type Define, examples } from "../command/command.ts";
import { takeBack } from "./undo.ts";

interface Options extends CommonOptions {
  readonly dryRun?: true;
  readonly force?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .option("-n, --dry-run", "tell what would be done, and do nothing")
      .option("--force", "go over what later runs changed")
      .action((options: Options) => act(options, (context) => takeBack(context, "redo", options))),
    [["rewindfs redo", "what the last undo took back is there again"]],
  );
