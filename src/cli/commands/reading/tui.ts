import type { LeftTail } from "../../../../journal/index.ts";
import { type CommonOptions, type Define, examples, revisionOf } from "../../command/command.ts";
import { tellLeft } from "../../asking/reading.ts";

interface Options extends CommonOptions {
  readonly at?: string;
  readonly ascii?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .option("--at <rev>", "the moment to begin at")
      .option("--ascii", "draw with ASCII only")
      .action((options: Options) =>
        act(options, async (context) => {
          const { journal, env } = context;
          const { runTui } = await import("../../../../tui/index.ts");
          const { stdin, stdout, stderr } = process;
          const at = options.at === undefined ? {} : { at: revisionOf(options.at) };
          const ascii = options.ascii === undefined ? {} : { ascii: options.ascii };
          const onLeft = (left: LeftTail): void => {
            tellLeft(context, left);
            context.talk.flush();
          };
          const terminal = { stdin, stdout, stderr, env };
          return runTui({ journalFile: journal, ...at, ...ascii, onLeft, ...terminal });
        }),
      ),
    [["rewindfs tui --at run:2^", "begin just before run 2"]],
  );
