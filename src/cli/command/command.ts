import type { Command } from "commander";

import type { Context } from "./context.ts";

/** Options of every command. */
export interface CommonOptions {
  readonly journal?: string;
}

export interface ReadingOptions extends CommonOptions {
  readonly json?: true;
}

/** Runs a command's body in a context that is made for it. `body` returns the exit code. */
export type Act = (
  options: CommonOptions,
  body: (context: Context) => number | Promise<number>,
) => Promise<void>;

/** Gives a command its arguments, options, examples and action. */
export type Define = (command: Command, act: Act) => unknown;

/** A command in the overview. Its own file has its options, and is loaded only on use. */
export interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly define: Define }>;
}

/** The option of every command that names the journal. */
export const journalOption = [
  "-j, --journal <file>",
  "the journal (default: $REWINDFS_JOURNAL, or rewind.db)",
] as const;

/** Returns a command's summary as a sentence. */
export function sentenceOf({ summary }: Entry): string {
  return `${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`;
}

/** Adds the options of every reading command. */
export function readingOptions(command: Command): Command {
  return command.option("--json", "one JSON object a line");
}

/** Adds examples to a command's help: the text to type, and its effect. */
export function examples(command: Command, list: readonly (readonly [string, string])[]): Command {
  const width = Math.max(...list.map(([typed]) => typed.length));
  const lines = list.map(([typed, effect]) => `  ${typed.padEnd(width)}  ${effect}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** Collects an option that may be given more than once. */
export function collect(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}

/** Arguments after "--", which commander does not distinguish from others. */
export interface Rest {
  readonly given: boolean;
  readonly items: readonly string[];
}

/**
 * Lets a command take "-5m" as a revision and not as an option, and keeps the arguments after "--" apart. Call it
 * before the arguments are parsed.
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

/** Adds a leading space, so that commander sees no option; `revisionOf` removes it. */
function hideAge(arg: string): string {
  return /^-(?:\d+[dhms])+$/.test(arg) ? ` ${arg}` : arg;
}

/** Returns a revision as it was typed. */
export function revisionOf(argument: string): string {
  return argument.trim();
}
