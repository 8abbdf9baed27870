import { resolve } from "node:path";
import { isatty } from "node:tty";

import type { Seq } from "../../../../journal/index.ts";
import {
  enterUserNamespace,
  isInUserNamespace,
  exitOfSignal,
  mountPast,
  processSignals,
  requireSystem,
  runWithPast,
} from "../../../run/index.ts";
import { printable } from "../../../text/index.ts";
import { profiles } from "../../../fs/index.ts";
import { withHistory } from "../../asking/reading.ts";
import { type CommonOptions, type Define, examples } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { type RulesOf, ruleOptions } from "../../run/rule-options.ts";
import { runOrRefuse } from "../../run/run-or-refuse.ts";

interface Options extends CommonOptions {
  readonly at?: string;
  readonly write?: true;
  readonly quiet?: boolean;
}

export const define: Define = (command, act) => {
  const rulesOf = ruleOptions(command);
  return examples(
    command
      .usage("[options] DIR [--] [COMMAND [ARG]...]")
      .argument("<dir>", "an empty folder of this machine, where it is seen")
      .argument("[command...]", "sees it alone, and it goes with it; without root a shell")
      .passThroughOptions()
      .option("--at <rev>", "the state at this moment, instead of the newest as it changes")
      .option("--write", "let it be changed: all that is changed there is a run of its own")
      .option("-q, --quiet", "with --write: no summary at the end")
      .action((folder: string, rest: readonly string[], options: Options) => {
        // Commander leaves it where it stands behind the first argument.
        const program = rest[0] === "--" ? rest.slice(1) : rest;
        const [first] = rest;
        if (first !== undefined && first !== "--" && first.startsWith("-"))
          throw new UsageError(
            `${first} stands behind ${folder}, and no program's name begins so`,
            "options come before DIR: rewindfs mount [options] DIR [--] [COMMAND]",
          );
        return act(options, (context) => mount(context, folder, program, { ...options, rulesOf }));
      }),
    [
      ["rewindfs mount /mnt", "as root, for everybody, until Ctrl-C"],
      ["rewindfs mount --at run:2^ past -- grep -r price past", "for one command"],
      ["ls past/.rewind/run:1/src", "in a mount, any other moment"],
      ["rewindfs mount --write now -- vim now/notes.md", "changes what the journal has now"],
    ],
  ).addHelpText(
    "after",
    `
DIR/.rewind/REV has the state at any moment: .rewind/@-5, .rewind/run:3^, .rewind/mark:before. No listing
of DIR shows it, so that no search goes into the past.`,
  );
};

async function mount(
  context: Context,
  folder: string,
  command: readonly string[],
  { at: revision, write, quiet = false, rulesOf }: Options & { readonly rulesOf: RulesOf },
): Promise<number> {
  if (write === true && revision !== undefined)
    throw new UsageError(
      `--write contradicts --at ${revision}: nobody changes the past`,
      "rewindfs restore brings a past state back; rewindfs fork makes a journal of one",
    );
  if (write !== true && rulesOf.areGiven())
    throw new UsageError("rules are for --write: otherwise nobody changes anything", "add --write");
  // A mount that nobody changes shows all of the past: rules about reading would hide some of it from its owner.
  const given = write === true ? await rulesOf(context) : undefined;
  const at =
    revision === undefined
      ? ("newest" as const)
      : await withHistory(context, (history): Seq => history.resolve(revision));
  const isForAll = command.length === 0 && process.getuid?.() === 0 && !isInUserNamespace();
  const keysAreTheProgram = !isForAll && isatty(0);
  if (keysAreTheProgram)
    for (const name of ["SIGINT", "SIGQUIT"] as const) process.on(name, () => {});
  const { signal } = processSignals(
    () => {},
    keysAreTheProgram ? ["SIGTERM", "SIGHUP"] : undefined,
  );
  const [program = "mount", ...args] = command.length === 0 ? ["mount", folder] : command;
  const changes =
    given === undefined
      ? undefined
      : { durability: "process" as const, limits: profiles.default, program, args, ...given };
  const options = { journal: resolve(context.journal), at, changes, folder, signal };
  const end = await runOrRefuse(context, signal, async () => {
    requireSystem();
    if (isForAll) {
      const { result } = await mountPast(options, () => tellMounted(context, folder, write));
      const exit = signal.aborted && signal.reason !== "SIGINT" ? exitOfSignal(signal) : exits.done;
      return { exit, result };
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
  if (typeof end === "number") return end;
  if (end.result !== undefined) {
    const { conclude } = await import("../../run/conclude.ts");
    await conclude(context, end.result, { key: undefined, quiet });
  }
  return end.exit;
}

function tellMounted({ talk }: Context, folder: string, write: true | undefined): void {
  const access = write === true ? "to be changed" : "read-only";
  talk.line(printable(`mounted at ${folder}, ${access}; Ctrl-C unmounts it`));
}
