import { type CommonOptions, type Define, examples, revisionOf } from "../command.ts";

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
        act(options, async ({ journal, env }) => {
          const { runTui } = await import("../../../tui/index.ts");
          const { stdin, stdout, stderr } = process;
          const at = options.at === undefined ? {} : { at: revisionOf(options.at) };
          const ascii = options.ascii === undefined ? {} : { ascii: options.ascii };
          return runTui({ journalFile: journal, ...at, ...ascii, stdin, stdout, stderr, env });
        }),
      ),
    [["rewindfs tui --at run:2^", "begin just before run 2"]],
  );
