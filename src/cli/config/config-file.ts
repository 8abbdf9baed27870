import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { UsageError } from "../command/failure.ts";

/** The settings of a folder, as written: rewind.toml, or else "rewindfs" in package.json. docs/config.md tells of all. */
export interface Config {
  readonly file: string;
  /** Settings by section. */
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  /** The list of rules for programs, if there is one, and the text of the file. */
  readonly rules: unknown;
  readonly text: string;
}

const mostBytes = 1024 * 1024;
const sections = ["gc", "run", "exec", "diff", "log", "findings"] as const;
/** A section of a config. */
export type Section = (typeof sections)[number];

/**
 * Reads the config of a folder; undefined if there is none. Throws UsageError for what is no config: one that is passed
 * over would switch rules off that its user counts on.
 */
export async function configIn(folder: string): Promise<Config | undefined> {
  const toml = join(folder, "rewind.toml");
  const text = textOf(toml);
  if (typeof text === "object") throw unreadable(toml, text.reason);
  if (text !== undefined) return configOf(toml, await parsedToml(toml, text), text);
  const json = join(folder, "package.json");
  const packageText = textOf(json);
  if (typeof packageText !== "string" || !packageText.includes('"rewindfs"')) return undefined;
  const whole = parsed(json, () => JSON.parse(packageText) as unknown);
  const ours = entriesOf(whole).get("rewindfs");
  if (ours === undefined) return undefined;
  if (isTable(ours)) return configOf(json, ours, packageText);
  throw unreadable(json, '"rewindfs" is no table');
}

/** Reads a file of TOML. Throws UsageError if there is none, or if it is none. */
export async function readToml(
  file: string,
): Promise<{ readonly text: string; readonly data: ReadonlyMap<string, unknown> }> {
  const text = textOf(file);
  if (text === undefined) throw new UsageError(`there is no file ${file}`, "give the path of one");
  if (typeof text === "object") throw unreadable(file, text.reason);
  return { text, data: entriesOf(await parsedToml(file, text)) };
}

async function parsedToml(file: string, text: string): Promise<unknown> {
  const { parse } = await import("smol-toml");
  return parsed(file, () => parse(text));
}

function configOf(file: string, config: unknown, text: string): Config {
  const found = new Map<string, ReadonlyMap<string, unknown>>();
  const all = entriesOf(config);
  for (const [name, value] of all) {
    if (name === "rules") continue;
    if (!sections.some((section) => section === name))
      throw unknownSetting(file, name, [...sections, "rules"].join(", "));
    if (!isTable(value))
      throw new UsageError(`${file}: ${name} is no table`, "docs/config.md shows what is in it");
    found.set(name, entriesOf(value));
  }
  return { file, sections: found, rules: all.get("rules"), text };
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
    throw unreadable(placeOf(file, error), reason);
  }
}

/** Returns the file with the line on which an error of TOML stands, where it has one. */
function placeOf(file: string, error: unknown): string {
  return error instanceof Error && "line" in error && typeof error.line === "number"
    ? `${file}, line ${error.line}`
    : file;
}

function unreadable(file: string, reason: string): UsageError {
  return new UsageError(`cannot read ${file}: ${reason}`, "mend it, or take it away");
}

/** Tells if a value of a config is a table. */
export function isTable(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Converts to a map: a config's names must not be looked up in a plain object. */
export function entriesOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isTable(value) ? Object.entries(value) : []);
}

/** Reads a regular file of a plausible size: undefined if there is none, or the reason why it cannot be read. */
function textOf(file: string): string | { readonly reason: string } | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return code === "ENOENT" ? undefined : { reason: code };
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return undefined;
    if (stat.size > mostBytes) return { reason: `it has more than ${mostBytes} bytes` };
    return readFileSync(fd, "utf8").replace(/^\ufeff/, "");
  } finally {
    closeSync(fd);
  }
}
