import { type CommonOptions, type Define, examples } from "../../command/command.ts";
import { takeBack } from "./undo.ts";

interface Options extends CommonOptions {
  readonly dryRun?: true;
  readonly force?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .option("-n, --dry-run", "show what would be done, and do nothing")
      .option("--force", "overwrite changes of later runs")
      .action((options: Options) => act(options, (context) => takeBack(context, "redo", options))),
    [["rewindfs redo", "bring back the run that was undone last"]],
  );
