import { type CommonOptions, type Define, examples } from "../../command/command.ts";
import { bringLabelledBack, takeBack } from "./undo.ts";

interface Options extends CommonOptions {
  readonly label?: string;
  readonly dryRun?: true;
  readonly force?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .option("--label <name=text>", "the runs with this label that were undone last")
      .option("-n, --dry-run", "show what would be done, and do nothing")
      .option("--force", "overwrite changes of later runs")
      .action((options: Options) =>
        act(options, (context) =>
          options.label === undefined
            ? takeBack(context, "redo", options)
            : bringLabelledBack(context, options.label, options),
        ),
      ),
    [
      ["rewindfs redo", "bring back the run that was undone last"],
      ["rewindfs redo --label turn=7", "bring back what an undo of that label took back"],
    ],
  );
