import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { UsageError } from "../command/failure.ts";

/** The settings of a folder, as written: rewind.toml, or else "rewindfs" in package.json. docs/config.md tells of all. */
export interface Config {
  readonly file: string;
  /** Settings by section. */
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
}

const mostBytes = 1024 * 1024;
const sections = ["gc", "run", "exec", "diff", "log", "findings"] as const;
/** A section of a config. */
export type Section = (typeof sections)[number];

/** Reads the config of a folder; undefined if there is none. Throws UsageError for what is no config. */
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
  const found = new Map<string, ReadonlyMap<string, unknown>>();
  for (const [name, value] of entriesOf(config)) {
    if (!sections.some((section) => section === name))
      throw unknownSetting(file, name, sections.join(", "));
    if (!isTable(value))
      throw new UsageError(`${file}: ${name} is no table`, "docs/config.md shows what is in it");
    found.set(name, entriesOf(value));
  }
  return { file, sections: found };
}

/** Returns the error for a setting that there is not. */
export function unknownSetting(file: string, name: string, known: string): UsageError {
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

/** Tells if a value of a config is a table. */
export function isTable(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Converts to a map: a config's names must not be looked up in a plain object. */
export function entriesOf(value: unknown): ReadonlyMap<string, unknown> {
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
