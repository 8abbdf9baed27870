import { type Operation, type OwnRule, levels } from "../../findings/index.ts";
import { kindNames } from "../../text/index.ts";
import { GlobError, alternativesOf } from "../../history/index.ts";
import { UsageError } from "../command/failure.ts";
import { configIn, entriesOf, isTable } from "./config-file.ts";

const mostRules = 100;
const mostGlobs = 100;
const longestText = 200;
/** Of all globs together: each path is compared with all of them. */
const mostSigns = 10_000;

const operations = [
  ...kindNames.filter((name) => !["fail", "run-start", "run-end", "mark"].includes(name)),
  "refused",
  "failed",
] as readonly Operation[];

/** Returns the rules for findings of the working folder's config. Throws UsageError for one that makes no sense. */
export async function ownRules(): Promise<readonly OwnRule[]> {
  const config = await configIn(".");
  const rules = config?.sections.get("findings")?.get("rules");
  if (config === undefined || rules === undefined) return [];
  const wrong = (place: string, what: string, hint: string) =>
    new UsageError(`${config.file}: ${place} ${what}`, hint);
  if (!Array.isArray(rules) || rules.length > mostRules)
    throw wrong("findings.rules", `is no list of up to ${mostRules} rules`, example);
  const names = new Set<string>();
  let signs = 0;
  return rules.map((data: unknown, index): OwnRule => {
    const place = `rule ${index + 1} of findings`;
    if (!isTable(data)) throw wrong(place, "is no table", example);
    const entries = entriesOf(data);
    const unknown = [...entries.keys()].find((key) => !keys.has(key));
    if (unknown !== undefined)
      throw wrong(place, `has no setting called ${unknown}`, `there is ${[...keys].join(", ")}`);
    const name = entries.get("name");
    if (typeof name !== "string" || !/^[a-z][a-z0-9-]{0,39}$/.test(name) || names.has(name))
      throw wrong(place, "has no name of its own", 'for example name = "payments"');
    names.add(name);
    const reason = entries.get("reason");
    if (typeof reason !== "string" || reason === "" || reason.length > longestText)
      throw wrong(place, `has no reason of up to ${longestText} characters`, example);
    const paths = textsOf(entries.get("paths"));
    if (paths === undefined || paths.length === 0 || paths.length > mostGlobs)
      throw wrong(
        place,
        `has no list of up to ${mostGlobs} paths`,
        'for example paths = ["/src/**"]',
      );
    if (paths.includes("")) throw wrong(place, "has a path that is empty", example);
    signs += spelledOut(paths);
    if (signs > mostSigns)
      throw wrong(place, `is too much: all paths may have ${mostSigns} characters`, example);
    const level = entries.get("level") ?? "medium";
    const known = levels.find((one) => one === level);
    if (known === undefined)
      throw wrong(place, `has a level that there is not`, `there is ${levels.join(", ")}`);
    const given = entries.get("operations");
    const wanted = given === undefined ? undefined : textsOf(given)?.map(operationNamed);
    if (given !== undefined && (wanted === undefined || wanted.includes(undefined)))
      throw wrong(place, "has an operation that there is not", `there is ${operations.join(", ")}`);
    return {
      name,
      reason,
      paths,
      level: known,
      ...(wanted === undefined
        ? {}
        : { operations: wanted.filter((operation) => operation !== undefined) }),
    };
  });
}

const keys: ReadonlySet<string> = new Set(["name", "reason", "level", "paths", "operations"]);
const example = "docs/config.md has examples";

function textsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((item): item is string => typeof item === "string");
  return texts.length === value.length ? texts : undefined;
}

function operationNamed(text: string): Operation | undefined {
  return operations.find((name) => name === text);
}

/** Counts the characters of globs, each written once for all that its braces stand for. */
function spelledOut(globs: readonly string[]): number {
  try {
    return globs.flatMap(alternativesOf).join("").length;
  } catch (error) {
    if (!(error instanceof GlobError)) throw error;
    return Number.POSITIVE_INFINITY;
  }
}
