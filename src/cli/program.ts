import { Command } from "commander";

import type { KeeperThread } from "../run/index.ts";
import { printable, words } from "../text/index.ts";
import { type Act, type CommonOptions, journalOption, sentenceOf } from "./command/command.ts";
import { commandAt } from "./command/command-name.ts";
import { commands } from "./commands.ts";
import { applyDefaults, optionsByConfig } from "./config/defaults.ts";
import { aboutProgram, helpOnExits, helpOnRevisions } from "./command/help-text.ts";
import { type Context, processContext } from "./command/context.ts";
import {
  type Exits,
  UsageError,
  exits,
  hookExits,
  isReaderGone,
  runExits,
  tell,
} from "./command/failure.ts";
import { Output } from "./command/output.ts";
import { packageVersion } from "./command/version.ts";

/** Parses the arguments, runs the command, and returns the exit code. A run takes place on `keeper`. */
export async function runProgram(
  args: readonly string[],
  keeper: KeeperThread | undefined,
): Promise<number> {
  const state: State = { exit: exits.done, codes: exits, keeper };
  const { out, talk } = processContext(process.env, {});
  try {
    const program = buildProgram(state, out, talk);
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(withoutHelp(args), { from: "user" });
    out.flush();
    return state.exit;
  } catch (error) {
    try {
      out.flush();
      return isReaderGone(error) ? exits.done : tell(error, talk, state.codes);
    } catch (second) {
      // Nobody is left to tell: the exit code must do.
      return isReaderGone(second) ? exits.done : state.codes.bug;
    }
  }
}

interface State {
  exit: number;
  codes: Exits;
  readonly keeper: KeeperThread | undefined;
}

function buildProgram(state: State, out: Output, talk: Output): Command {
  const program = new Command("rewindfs")
    .description(aboutProgram)
    .usage("COMMAND [options]")
    .version(packageVersion(), "-V, --version", "print the version")
    .option(...journalOption)
    .helpOption("-h, --help", "print help for a command")
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => writeLines(out, text),
      writeErr: (text) => writeLines(talk, text),
      outputError: (text, write) => write(text.replace(/^error: /, "rewindfs: ")),
    })
    .showHelpAfterError("Hint: rewindfs help lists the commands")
    .addHelpText("after", `\n${helpOnRevisions}\n\n${helpOnExits}`);

  const loaded = new Map<string, () => Promise<void>>();
  for (const entry of commands) {
    const { name, summary, load } = entry;
    const command = program
      .command(name)
      .summary(summary)
      .description(sentenceOf(entry))
      .showHelpAfterError(`Hint: rewindfs help ${name} shows how it is used`);
    loaded.set(name, async () => {
      const { define } = await load();
      define(command.option(...journalOption), actOf(program, command, state));
      refuseOptionsAsValues(command);
      await applyDefaults(command);
    });
  }
  return program.hook("preSubcommand", async (_, command) => {
    state.codes = codesOf(command.name());
    await loaded.get(command.name())?.();
  });
}

/** Makes an option that lacks its value say so, where the next word would be taken for it: `--git --path /src`. */
function refuseOptionsAsValues(command: Command): void {
  const flags = new Set(command.options.flatMap(({ short, long }) => [short, long]));
  for (const option of command.options) {
    if (!option.required) continue;
    const parse = option.parseArg;
    option.argParser((value: string, previous: unknown): unknown => {
      if (flags.has(value))
        throw new UsageError(
          `${option.long ?? option.flags} lacks its value: ${value} is an option`,
          `rewindfs help ${command.name()} shows how it is used`,
        );
      return parse === undefined ? value : parse(value, previous);
    });
  }
}

/** Commands whose exit code is that of the program that they run. */
const passesOn: ReadonlySet<string> = new Set(["run", "exec", "mount"]);

function codesOf(name: string): Exits {
  if (name === "hook") return hookExits;
  return passesOn.has(name) ? runExits : exits;
}

function actOf(program: Command, command: Command, state: State): Act {
  return async (options, body) => {
    const journal = options.journal ?? program.opts<CommonOptions>().journal;
    if (journal === "")
      throw new UsageError("the journal's name is empty", "leave --journal out for rewind.db");
    const context = await withLocal(
      processContext(process.env, { journal, keeper: state.keeper }),
      command,
    );
    tellDefaults(context, command);
    try {
      state.exit = await acted(context, body);
    } finally {
      context.out.flush();
    }
  };
}

/** Runs a command, and once more where what was kept here of a depot's journal is damaged. */
async function acted(context: Context, body: Parameters<Act>[1]): Promise<number> {
  let failed: unknown;
  try {
    const exit = await body(context);
    if (exit !== exits.damaged || context.anew === undefined) return exit;
    failed = exit;
  } catch (error) {
    failed = error;
  }
  const next = await context.anew?.(failed);
  if (next !== undefined) return body(next);
  if (typeof failed === "number") return failed;
  throw failed;
}

/** Makes a journal of a depot readable here; loads nothing for others. */
async function withLocal(context: Context, command: Command): Promise<Context> {
  // It redacts there, and needs the journal's own name.
  if (!context.journal.startsWith("depot://") || command.name() === "redact") return context;
  const { withRemote } = await import("./fleet/remote.ts");
  return withRemote(context, command.name(), command.getOptionValue("history") === true);
}

/** Says on stderr how a program is run that the user did not ask for. */
function tellDefaults({ talk }: Context, command: Command): void {
  if (!passesOn.has(command.name()) || command.getOptionValue("quiet") === true) return;
  const given = optionsByConfig(command);
  if (given.length === 0) return;
  talk.line(printable(`rewindfs: by the config of this folder: ${given.join(" ")}`));
}

/** Turns `help log` and `--help log` into `log --help`, which loads only that command. */
function withoutHelp(args: readonly string[]): string[] {
  const at = commandAt(args);
  if (args.slice(0, Math.max(at, 0)).some((arg) => arg === "-h" || arg === "--help"))
    return withoutHelp(["help", ...args.slice(at)]);
  if (args[at] !== "help") return [...args];
  const about = args.slice(at + 1, at + 2).filter((arg) => arg !== "help");
  for (const name of about) {
    if (!name.startsWith("-") && !commands.some((command) => command.name === name))
      throw new UsageError(`there is no command ${name}`, "rewindfs help lists them");
  }
  return [...args.slice(0, at), ...about, "--help"];
}

function writeLines(output: Output, text: string): void {
  for (const line of text.replace(/\n$/, "").split("\n"))
    output.line(printable(line), line.startsWith(" ") ? words("    ") : words(""));
}
