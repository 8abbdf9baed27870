import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { UsageError } from "../command/failure.ts";
import { type Policy, type PolicyTexts, parsePolicy } from "./policy.ts";

/** Settings of the working folder: `[gc]` of rewind.toml, or else "rewindfs" in package.json. */
export interface Config {
  readonly file: string;
  readonly gc?: Policy;
}

const mostBytes = 1024 * 1024;
const settings: ReadonlyMap<string, keyof PolicyTexts> = new Map([
  ["keep", "keep"],
  ["max-age", "maxAge"],
  ["max-size", "maxSize"],
]);

/** Reads the config of a folder; undefined if there is none. Throws UsageError for an unknown setting. */
export async function configIn(folder: string): Promise<Config | undefined> {
  const toml = join(folder, "rewind.toml");
  const text = textOf(toml);
  if (text !== undefined) {
    const { parse } = await import("smol-toml");
    return configOf(
      toml,
      parsed(toml, () => parse(text)),
    );
  }
  const json = join(folder, "package.json");
  const packageText = textOf(json);
  if (packageText?.includes('"rewindfs"') !== true) return undefined;
  const whole = parsed(json, () => JSON.parse(packageText) as unknown);
  const ours = entriesOf(whole).get("rewindfs");
  return isTable(ours) ? configOf(json, ours) : undefined;
}

function configOf(file: string, config: unknown): Config {
  const entries = entriesOf(config);
  const unknown = [...entries.keys()].find((key) => key !== "gc");
  if (unknown !== undefined) throw unknownSetting(file, unknown, "gc");
  const gc = entries.get("gc");
  if (gc === undefined) return { file };
  if (!isTable(gc))
    throw new UsageError(`${file}: gc is no table`, "it has keep, max-age and max-size");
  const texts: { -readonly [Name in keyof PolicyTexts]: PolicyTexts[Name] } = {};
  for (const [key, value] of entriesOf(gc)) {
    const name = settings.get(key);
    if (name === undefined)
      throw unknownSetting(file, `gc.${key}`, [...settings.keys()].join(", "));
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint")
      throw new UsageError(`${file}: gc.${key} is no text and no number`, "for example keep = 20");
    texts[name] = String(value);
  }
  const named = new Map([...settings].map(([key, name]) => [name, key]));
  const policy = parsePolicy(texts, (name) => `${file}: gc.${named.get(name) ?? name}`);
  return policy === undefined ? { file } : { file, gc: policy };
}

function unknownSetting(file: string, name: string, known: string): UsageError {
  return new UsageError(`${file} has no setting called ${name}`, `there is ${known}`);
}

function parsed(file: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new UsageError(`cannot read ${file}: ${reason}`, "mend it, or take it away");
  }
}

function isTable(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Converts to a map: a config's names must not be looked up in a plain object. */
function entriesOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isTable(value) ? Object.entries(value) : []);
}

/** Reads a regular file of a plausible size. */
function textOf(file: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(fd);
    return stat.isFile() && stat.size <= mostBytes ? readFileSync(fd, "utf8") : undefined;
  } finally {
    closeSync(fd);
  }
}
