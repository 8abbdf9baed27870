import { type CommonOptions, type Define, examples, revisionOf } from "../command.ts";

interface Options extends CommonOptions {
  readonly at?: string;
}

export const define: Define = (command, act) =>
  examples(
    command.option("--at <rev>", "the moment to begin at").action((options: Options) =>
      act(options, async ({ journal, env }) => {
        const { runTui } = await import("../../../tui/index.ts");
        const { stdin, stdout, stderr } = process;
        const at = options.at === undefined ? {} : { at: revisionOf(options.at) };
        return runTui({ journalFile: journal, ...at, stdin, stdout, stderr, env });
      }),
    ),
    [["rewindfs tui --at run:2^", "begin just before run 2"]],
  );
