import type { LeftTail } from "../../../../journal/index.ts";
import { type CommonOptions, type Define, examples, revisionOf } from "../../command/command.ts";
import { tellLeft } from "../../asking/reading.ts";

interface Options extends CommonOptions {
  readonly at?: string;
  readonly ascii?: true;
  readonly mouse?: false;
}

export const define: Define = (command, act) =>
  examples(
    command
      .option("--at <rev>", "the moment to begin at")
      .option("--ascii", "draw with ASCII only")
      .option("--no-mouse", "leave the mouse to the terminal")
      .action((options: Options) =>
        act(options, async (context) => {
          const { journal, env, remote } = context;
          const { runTui } = await import("../../../../tui/index.ts");
          const { stdin, stdout, stderr } = process;
          const at = options.at === undefined ? {} : { at: revisionOf(options.at) };
          const ascii = options.ascii === undefined ? {} : { ascii: options.ascii };
          const mouse = options.mouse === false ? { mouse: "no mouse" as const } : {};
          const onLeft = (left: LeftTail): void => {
            tellLeft(context, left);
            context.talk.flush();
          };
          const elsewhere = remote === undefined ? {} : { elsewhere: remote };
          const terminal = { stdin, stdout, stderr, env, ...elsewhere };
          return runTui({ journalFile: journal, ...at, ...ascii, ...mouse, onLeft, ...terminal });
        }),
      ),
    [["rewindfs tui --at run:2^", "begin just before run 2"]],
  );
