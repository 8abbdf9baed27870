import { GlobError, globNames } from "../history/index.ts";
import { parseBytes, parseDuration } from "../text/index.ts";
import { type RuleOperation, type Rule, actions, changes, denials } from "./rule.ts";

/** Reports a rule that makes no sense. `rule` is its number, from 1. */
export class RuleError extends Error {
  override readonly name = "RuleError";
  readonly rule: number;
  readonly hint: string;

  constructor(rule: number, message: string, hint: string) {
    super(message);
    this.rule = rule;
    this.hint = hint;
  }
}

/** The most rules of a policy, globs of a rule, and characters of all globs, with braces spelled out. */
export const mostRules = 1_000;
const mostGlobs = 1_000;
const mostSigns = 100_000;
const longestName = 100;

const words: readonly RuleOperation[] = [...changes, "read"];
const keys = [
  "action",
  "paths",
  "operations",
  "guest",
  "program",
  "larger-than",
  "more-than",
  "within",
  "error",
  "name",
];
const example = "docs/rules.md has examples";

/** Returns the rules that a file or a config lists, which is not trusted. Throws RuleError. */
export function parseRules(data: unknown): readonly Rule[] {
  if (!Array.isArray(data) || data.length > mostRules)
    throw new RuleError(0, `rules is no list of up to ${mostRules} tables`, example);
  const rules = data.map((one: unknown, index) => parseRule(one, index + 1));
  checkRules(rules);
  return rules;
}

/** Checks rules that come as data: that their globs can be used, and are not too many. Throws RuleError. */
export function checkRules(rules: readonly Rule[]): void {
  if (rules.length > mostRules)
    throw new RuleError(mostRules + 1, `is one of more than ${mostRules}`, example);
  let signs = 0;
  for (const [index, { paths = [], guest, program }] of rules.entries()) {
    if (paths.length > mostGlobs)
      throw new RuleError(index + 1, `has more than ${mostGlobs} paths`, example);
    for (const glob of [...paths, ...[guest, program].filter((one) => one !== undefined)]) {
      signs += signsOf(glob, index + 1);
      if (signs > mostSigns)
        throw new RuleError(
          index + 1,
          `is too much: all globs may have ${mostSigns} characters`,
          "braces count as what they stand for",
        );
    }
  }
}

function signsOf(glob: string, rule: number): number {
  if (glob === "") throw new RuleError(rule, "has an empty glob", '"**" is any path');
  try {
    return globNames(glob).length * glob.length;
  } catch (error) {
    if (!(error instanceof GlobError)) throw error;
    throw new RuleError(rule, `has the glob ${glob}: ${error.message}`, "give several globs");
  }
}

function parseRule(data: unknown, at: number): Rule {
  const wrong = (message: string, hint: string = example) => new RuleError(at, message, hint);
  if (typeof data !== "object" || data === null || Array.isArray(data)) throw wrong("is no table");
  const given = new Map<string, unknown>(Object.entries(data));
  const unknown = [...given.keys()].find((key) => !keys.includes(key));
  if (unknown !== undefined)
    throw wrong(`has no setting called ${unknown}`, `there is ${keys.join(", ")}`);

  const text = (key: string): string | undefined => {
    const value = given.get(key);
    if (value === undefined || (typeof value === "string" && value !== "")) return value;
    throw wrong(`${key} is no text`);
  };
  const texts = (key: string): readonly string[] | undefined => {
    const value = given.get(key);
    if (value === undefined) return undefined;
    const found = Array.isArray(value)
      ? value.filter((item): item is string => typeof item === "string" && item !== "")
      : [];
    if (!Array.isArray(value) || found.length !== value.length || found.length === 0)
      throw wrong(`${key} is no list of texts`, `for example ${key} = ["…"]`);
    return found;
  };
  const oneOf = <T extends string>(key: string, known: readonly T[], value: string): T => {
    const found = known.find((one) => one === value);
    if (found === undefined) throw wrong(`${key} can be ${known.join(", ")}, not ${value}`);
    return found;
  };

  const action = text("action");
  if (action === undefined) throw wrong("has no action", `there is ${actions.join(", ")}`);
  const operations = texts("operations")?.flatMap((word) =>
    word === "change" ? [...changes] : [oneOf("operations", words, word)],
  );
  const error = text("error");
  const name = text("name");
  if (name !== undefined && (name.length > longestName || !name.isWellFormed()))
    throw wrong(`has a name of more than ${longestName} characters`);
  return {
    action: oneOf("action", actions, action),
    ...said("paths", texts("paths")),
    ...said("operations", operations),
    ...said("guest", text("guest")),
    ...said("program", text("program")),
    ...said("largerThan", parseSize(given.get("larger-than"), wrong)),
    ...said("beyond", parseBeyond(given, wrong)),
    ...said("error", error === undefined ? undefined : oneOf("error", denials, error)),
    ...said("name", name),
  };
}

type Wrong = (message: string, hint?: string) => RuleError;

function parseSize(value: unknown, wrong: Wrong): number | undefined {
  if (value === undefined) return undefined;
  const size = typeof value === "string" ? parseBytes(value) : value;
  if (typeof size === "number" && Number.isSafeInteger(size) && size >= 0) return size;
  throw wrong("larger-than is no size", 'for example larger-than = "10 MiB"');
}

function parseBeyond(given: ReadonlyMap<string, unknown>, wrong: Wrong): Rule["beyond"] {
  const [count, within] = [given.get("more-than"), given.get("within")];
  if (count === undefined && within === undefined) return undefined;
  const span = typeof within === "string" ? parseDuration(within) : within;
  const hint = 'for example more-than = 100 and within = "1m"';
  if (typeof count !== "number" || !Number.isInteger(count) || count < 0 || count > mostCounted)
    throw wrong(`more-than is no number up to ${mostCounted}`, hint);
  if (typeof span !== "number" || !(span > 0) || !Number.isFinite(span))
    throw wrong("within is no span of time", hint);
  return { count, seconds: span };
}

/** The most calls that one rule counts. */
export const mostCounted = 100_000;

function said<K extends keyof Rule>(key: K, value: Rule[K] | undefined): Pick<Rule, K> | object {
  return value === undefined ? {} : { [key]: value };
}
