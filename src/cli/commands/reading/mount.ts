import { resolve } from "node:path";
import { isatty } from "node:tty";

import type { Seq } from "../../../../journal/index.ts";
import {
  enterUserNamespace,
  exitOfSignal,
  mountPast,
  processSignals,
  requireSystem,
  runWithPast,
} from "../../../run/index.ts";
import { printable } from "../../../text/index.ts";
import { withHistory } from "../../asking/reading.ts";
import { type CommonOptions, type Define, examples } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exits } from "../../command/failure.ts";
import { runOrRefuse } from "../../run/run-or-refuse.ts";

interface Options extends CommonOptions {
  readonly at?: string;
}

export const define: Define = (command, act) =>
  examples(
    command
      .usage("[options] DIR [--] [COMMAND [ARG]...]")
      .argument("<dir>", "an empty folder of this machine, where it is seen")
      .argument("[command...]", "sees it alone, and it goes with it; without root a shell")
      .passThroughOptions()
      .option("--at <rev>", "the state at this moment, instead of the newest as it changes")
      .action((folder: string, rest: readonly string[], options: Options) => {
        // Commander leaves it where it stands behind the first argument.
        const program = rest[0] === "--" ? rest.slice(1) : rest;
        return act(options, (context) => mount(context, folder, program, options));
      }),
    [
      ["rewindfs mount /mnt", "as root, for everybody, until Ctrl-C"],
      ["rewindfs mount --at run:2^ past -- grep -r price past", "for one command"],
      ["ls past/.rewind/run:1/src", "in a mount, any other moment"],
    ],
  ).addHelpText(
    "after",
    `
DIR/.rewind/REV has the state at any moment: .rewind/@-5, .rewind/run:3^, .rewind/mark:before. No listing
of DIR shows it, so that no search goes into the past.`,
  );

async function mount(
  context: Context,
  folder: string,
  command: readonly string[],
  { at: revision }: Options,
): Promise<number> {
  const at =
    revision === undefined
      ? ("newest" as const)
      : await withHistory(context, (history): Seq => history.resolve(revision));
  const isForAll = command.length === 0 && process.getuid?.() === 0;
  const keysAreTheProgram = !isForAll && isatty(0);
  if (keysAreTheProgram)
    for (const name of ["SIGINT", "SIGQUIT"] as const) process.on(name, () => {});
  const { signal } = processSignals(
    () => {},
    keysAreTheProgram ? ["SIGTERM", "SIGHUP"] : undefined,
  );
  const options = { journal: resolve(context.journal), at, folder, signal };
  return runOrRefuse(context, signal, async () => {
    requireSystem();
    if (isForAll) {
      await mountPast(options, () => tellMounted(context, folder));
      return signal.aborted && signal.reason !== "SIGINT" ? exitOfSignal(signal) : exits.done;
    }
    enterUserNamespace();
    const shell = [context.env["SHELL"] || "/bin/sh"];
    const environment = Object.entries(context.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    return runWithPast(
      options,
      command.length === 0 ? shell : command,
      Object.fromEntries(environment),
    );
  });
}

function tellMounted({ talk }: Context, folder: string): void {
  talk.line(printable(`mounted at ${folder}, read-only; Ctrl-C unmounts it`));
}
