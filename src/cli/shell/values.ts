import { levels } from "../../findings/index.ts";
import { kindNames } from "../../text/index.ts";
import type { ArgumentFacts, CommandFacts, OptionFacts } from "./command-table.ts";

/** The words that may stand for an argument or an option's value: some of ours, names on the machine, or any. */
export type Values =
  | { readonly kind: "words"; readonly words: readonly string[]; readonly more?: "files" }
  | { readonly kind: "files" }
  | { readonly kind: "directories" }
  | { readonly kind: "commands" }
  | { readonly kind: "any" };

/** The shells that scripts are written for. */
export const shells = ["bash", "zsh", "fish"] as const;
/** A shell that scripts are written for. */
export type Shell = (typeof shells)[number];

const words = (...list: readonly string[]): Values => ({ kind: "words", words: list });

const byOption: ReadonlyMap<string, Values> = new Map([
  ["--durability", words("process", "batch", "power")],
  ["--limits", words("default", "strict")],
  ["--isolation", words("required", "auto", "none")],
  ["--record", words("reads")],
  ["--at-least", words(...levels)],
  ["--show", { kind: "files" }],
  ["--format", words("json", "ocsf", "otlp")],
  ["--op", words(...kindNames)],
]);

const byName: ReadonlyMap<string, Values> = new Map<string, Values>([
  ["file", { kind: "files" }],
  ["key.pem", { kind: "files" }],
  ["new.db", { kind: "files" }],
  ["host", { kind: "files" }],
  ["dir", { kind: "directories" }],
  ["hostdir", { kind: "directories" }],
  ["host::guest", { kind: "directories" }],
  ["host::path", { kind: "directories" }],
  ["command", { kind: "commands" }],
  ["guest", { kind: "words", words: ["python"], more: "files" }],
  ["arg", { kind: "files" }],
  ["shell", words(...shells)],
]);

/** Tells if the words after a command's first argument are another program's own, options too. */
export function isPassedOn({ name }: CommandFacts): boolean {
  return name === "run" || name === "exec";
}

/** Returns the options of a command that take a value, as typed. */
export function flagsWithValue({ options }: CommandFacts): string[] {
  return options.flatMap((option) => (option.value === undefined ? [] : flagsOf(option)));
}

/** Returns both forms of an option. */
export function flagsOf({ short, long }: OptionFacts): string[] {
  return short === undefined ? [long] : [short, long];
}

/** Returns what an option takes; undefined if it takes no value. */
export function valuesOfOption({ long, value }: OptionFacts): Values | undefined {
  if (value === undefined) return undefined;
  return byOption.get(long) ?? byName.get(value) ?? { kind: "any" };
}

/** Returns what stands for an argument of a command. */
export function valuesOfArgument({ name: command }: CommandFacts, { name }: ArgumentFacts): Values {
  // A path in the filesystem, and not one of the machine.
  if (command === "import" && name === "guest") return { kind: "any" };
  return byName.get(name) ?? { kind: "any" };
}
