import type { Command } from "commander";

import type { Context } from "./context.ts";

/** What every command may be given. */
export interface CommonOptions {
  readonly journal?: string;
}

export interface ReadingOptions extends CommonOptions {
  readonly json?: true;
}

/** Does a command's work in a context that is made for it. `body` returns the exit code. */
export type Act = (
  options: CommonOptions,
  body: (context: Context) => number | Promise<number>,
) => Promise<void>;

/** Gives a command its arguments, options, examples and action. */
export type Define = (command: Command, act: Act) => unknown;

/** Adds what every reading command has. */
export function readingOptions(command: Command): Command {
  return command.option("--json", "one JSON object a line");
}

/** Adds examples to a command's help: what to type, and what it does. */
export function examples(command: Command, list: readonly (readonly [string, string])[]): Command {
  const width = Math.max(...list.map(([typed]) => typed.length));
  const lines = list.map(([typed, what]) => `  ${typed.padEnd(width)}  ${what}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** Collects an option that may be given more than once. */
export function collect(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}

/** What follows "--" on the command line, which commander does not tell apart from other arguments. */
export interface Rest {
  readonly given: boolean;
  readonly items: readonly string[];
}

/**
 * Lets a command take "-5m" as a revision and not for an option, and keeps what follows "--" apart. Call it before the
 * arguments are parsed.
 */
export function separateRest(command: Command): () => Rest {
  let rest: Rest = { given: false, items: [] };
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (args) => {
    const at = args.indexOf("--");
    rest = at === -1 ? { given: false, items: [] } : { given: true, items: args.slice(at + 1) };
    return parse((at === -1 ? args : args.slice(0, at)).map(hideAge));
  };
  return () => rest;
}

/** A leading space makes it no option for commander; `revisionOf` takes it away. */
function hideAge(arg: string): string {
  return /^-(?:\d+[dhms])+$/.test(arg) ? ` ${arg}` : arg;
}

/** A revision as it was typed. */
export function revisionOf(argument: string): string {
  return argument.trim();
}
