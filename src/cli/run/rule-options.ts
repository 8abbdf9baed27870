import type { Command } from "commander";

import { type Rule, changes } from "../../rules/index.ts";
import { requireRules, rulesOfConfig, rulesOfFile } from "../config/rules.ts";

/** Reads the rules that were given. Throws UsageError. */
export type RulesOf = () => Promise<readonly Rule[]>;

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
    );
  command.on("option:read-only", () => {
    typed.push({
      action: "deny",
      operations: [...changes],
      error: "read-only",
      name: "--read-only",
    });
  });
  return async () => {
    requireRules(typed);
    const read = await Promise.all(files.map(rulesOfFile));
    return [...typed, ...read.flat(), ...(await rulesOfConfig())];
  };
}
