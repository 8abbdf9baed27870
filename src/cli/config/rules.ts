import { type Rule, RuleError, checkRules, parseRules } from "../../rules/index.ts";
import { UsageError } from "../command/failure.ts";
import { configIn, readToml } from "./config-file.ts";

/** Returns the rules of the working folder's config. Throws UsageError for one that makes no sense. */
export async function rulesOfConfig(): Promise<readonly Rule[]> {
  const config = await configIn(".");
  if (config?.rules === undefined) return [];
  return parsed(config.file, config.text, config.rules);
}

/** Returns the rules of a file, as a config has them: `[[rules]]` in TOML. Throws UsageError. */
export async function rulesOfFile(file: string): Promise<readonly Rule[]> {
  const { text, data } = await readToml(file);
  const others = [...data.keys()].filter((name) => name !== "rules");
  if (others[0] !== undefined)
    throw new UsageError(`${file} has no rules called ${others[0]}`, "its tables are [[rules]]");
  return parsed(file, text, data.get("rules") ?? []);
}

/** Checks rules that were typed. Throws UsageError. */
export function requireRules(rules: readonly Rule[]): void {
  try {
    checkRules(rules);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    throw new UsageError(
      `the rule ${rules[error.rule - 1]?.paths?.[0] ?? ""} ${error.message}`,
      error.hint,
    );
  }
}

function parsed(file: string, text: string, rules: unknown): readonly Rule[] {
  try {
    return parseRules(rules);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    if (error.rule === 0) throw new UsageError(`${file}: ${error.message}`, error.hint);
    const line = lineOf(text, error.rule);
    const place = line === undefined ? file : `${file}, line ${line}`;
    throw new UsageError(`${place}: rule ${error.rule} ${error.message}`, error.hint);
  }
}

/** Returns the line on which a rule begins, where that can be told. */
function lineOf(text: string, rule: number): number | undefined {
  const heads = text
    .split("\n")
    .flatMap((line, index) => (/^\s*\[\[\s*rules\s*\]\]/.test(line) ? [index + 1] : []));
  return heads[rule - 1];
}
