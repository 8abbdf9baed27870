import { configIn, unknownSetting } from "../config/config-file.ts";
import { UsageError } from "../command/failure.ts";
import { type Policy, type PolicyTexts, parsePolicy } from "./policy.ts";

const settings: ReadonlyMap<string, keyof PolicyTexts> = new Map([
  ["keep", "keep"],
  ["max-age", "maxAge"],
  ["max-size", "maxSize"],
]);

/** Returns the policy of a folder's config; undefined if there is none. Throws UsageError for an unknown setting. */
export async function policyIn(folder: string): Promise<Policy | undefined> {
  const config = await configIn(folder);
  const gc = config?.sections.get("gc");
  if (config === undefined || gc === undefined) return undefined;
  const { file } = config;
  const texts: { -readonly [Name in keyof PolicyTexts]: PolicyTexts[Name] } = {};
  for (const [key, value] of gc) {
    const name = settings.get(key);
    if (name === undefined)
      throw unknownSetting(file, `gc.${key}`, [...settings.keys()].join(", "));
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint")
      throw new UsageError(`${file}: gc.${key} is no text and no number`, "for example keep = 20");
    texts[name] = String(value);
  }
  const named = new Map([...settings].map(([key, name]) => [name, key]));
  return parsePolicy(texts, (name) => `${file}: gc.${named.get(name) ?? name}`);
}
