import { Command } from "commander";

import { type Entry, journalOption, sentenceOf } from "../command/command.ts";

/** An argument of a command. */
export interface ArgumentFacts {
  readonly name: string;
  readonly description: string;
  readonly isRepeated: boolean;
}

/** An option of a command. */
export interface OptionFacts {
  /** As help shows it: -r, --run <n>. */
  readonly flags: string;
  readonly short: string | undefined;
  readonly long: string;
  /** The name of its value; undefined if it takes none. */
  readonly value: string | undefined;
  readonly description: string;
}

/** All that a command's help tells. */
export interface CommandFacts {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly usage: string;
  readonly arguments: readonly ArgumentFacts[];
  readonly options: readonly OptionFacts[];
  /** The text after the options: examples and notes. */
  readonly after: string;
}

/** Reads the table of commands, with the options of each, as commander has it. */
export async function commandTable(entries: readonly Entry[]): Promise<CommandFacts[]> {
  return Promise.all(entries.map(factsOf));
}

async function factsOf(entry: Entry): Promise<CommandFacts> {
  const { name, summary, load } = entry;
  const command = new Command(name).helpOption("-h, --help", "print help for a command");
  const { define } = await load();
  define(command.option(...journalOption), async () => {});
  const help = command.createHelp();
  return {
    name,
    summary,
    description: sentenceOf(entry),
    usage: help.commandUsage(command),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      isRepeated: argument.variadic,
    })),
    options: help.visibleOptions(command).map((option) => ({
      flags: option.flags,
      short: option.short,
      long: option.long ?? option.flags,
      value: /[<[](.+)[>\]]$/.exec(option.flags)?.[1],
      description: help.optionDescription(option),
    })),
    after: textAfter(command),
  };
}

/** Collects what `addHelpText` adds. */
function textAfter(command: Command): string {
  let whole = "";
  command.configureOutput({ writeOut: (text) => void (whole += text) }).outputHelp();
  return whole.slice(command.helpInformation().length).trim();
}
