import type { Command } from "commander";

import { type Rule, changes } from "../../rules/index.ts";
import type { AskOptions } from "../../run/index.ts";
import type { Context } from "../command/context.ts";
import { UsageError } from "../command/failure.ts";
import { parseTimeout } from "./run-options.ts";
import { requireRules, rulesOfConfig, rulesOfFile } from "../config/rules.ts";

/** The rules of a run, and how what they ask is answered. */
export interface RunRules {
  readonly rules: readonly Rule[];
  readonly ask: AskOptions;
}

/** Reads the rules that were given. Throws UsageError. */
export type RulesOf = ((context: Context) => Promise<RunRules>) & {
  /** Tells if any were given on the command line. */
  readonly areGiven: () => boolean;
};

/**
 * Adds the options that say what a program may do. Returns what reads the rules that were given: those typed, in their
 * order, then those of the file, then those of the working folder's config. Throws UsageError.
 */
export function ruleOptions(command: Command): RulesOf {
  const typed: Rule[] = [];
  const files: string[] = [];
  const adding = (action: Rule["action"]) => (glob: string) =>
    void typed.push({ action, paths: [glob] });
  command
    .option("--deny <glob>", "refuse to read or change what fits (repeatable)", adding("deny"))
    .option(
      "--allow <glob>",
      "let it pass what fits, before other rules (repeatable)",
      adding("allow"),
    )
    .option("--ask <glob>", "ask before it changes what fits (repeatable)", adding("ask"))
    .option("--read-only", "refuse all changes that no rule before this allows")
    .option(
      "--rules <file>",
      "rules of a file, after those typed (docs/rules.md)",
      (file: string) => void files.push(file),
    )
    .option("--ask-timeout <time>", "wait so long for an answer, such as 60s; usually for ever")
    .option(
      "--ask-default <answer>",
      "allow or deny: where nobody answers in time, or nobody is there",
      "deny",
    );
  command.on("option:read-only", () => {
    typed.push({
      action: "deny",
      operations: [...changes],
      error: "read-only",
      name: "--read-only",
    });
  });
  const read = async ({ talk }: Context): Promise<RunRules> => {
    requireRules(typed);
    const inFiles = await Promise.all(files.map(rulesOfFile));
    const rules = [...typed, ...inFiles.flat(), ...(await rulesOfConfig())];
    const { askTimeout, askDefault } = command.opts<AskingOptions>();
    const timeoutSeconds = parseTimeout(askTimeout, "--ask-timeout");
    const otherwise = parseDefault(askDefault);
    if (!rules.some(({ action }) => action === "ask")) return { rules, ask: { otherwise } };
    const { personAtTerminal } = await import("../person/person.ts");
    return { rules, ask: { asker: personAtTerminal(talk), timeoutSeconds, otherwise } };
  };
  return Object.assign(read, { areGiven: () => typed.length > 0 || files.length > 0 });
}

interface AskingOptions {
  readonly askTimeout?: string;
  readonly askDefault?: string;
}

function parseDefault(text = "deny"): "allow" | "deny" {
  if (text === "allow" || text === "deny") return text;
  throw new UsageError(`--ask-default ${text} is unknown`, "it is allow or deny");
}
