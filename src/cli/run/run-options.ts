import type { Command } from "commander";

import type { Durability } from "../../../journal/index.ts";
import {
  type LimitName,
  type Limits,
  type ProfileName,
  limitNames,
  profiles,
} from "../../fs/index.ts";
import type { Preopen } from "../../wasi/index.ts";
import type { Isolation } from "../../run/index.ts";
import { parseBytes, parseDuration } from "../../text/index.ts";
import { UsageError } from "../command/failure.ts";
import { type CommonOptions, collect } from "../command/command.ts";

/** Options of the commands that run a program, as they are typed. */
export interface ProgramOptions extends CommonOptions {
  readonly env?: readonly string[];
  readonly durability: string;
  readonly limits: string;
  readonly limit?: readonly string[];
  readonly record?: string;
  readonly timeout?: string;
  readonly sign?: string;
  readonly statement?: string;
  readonly label?: readonly string[];
  readonly quiet?: true;
  readonly isolation?: string;
  readonly maxSize?: string;
  readonly ship?: string;
  readonly shipWait?: string;
  readonly tokenFile?: string;
}

/** Words of a command's help that depend on what it runs. */
export interface ProgramWords {
  /** The program that runs: "the guest". */
  readonly program: string;
  /** A setting of --limit to show. */
  readonly limit: string;
}

/** Adds the options that all commands which run a program have. */
export function programOptions(command: Command, { program, limit }: ProgramWords): Command {
  return command
    .option(
      "--env <k=v>",
      `a variable for ${program}; K alone takes the host's (repeatable)`,
      collect,
    )
    .option("--durability <mode>", "process, batch or power", "process")
    .option("--limits <profile>", "default or strict", "default")
    .option("--limit <name=value>", `one limit, such as ${limit} (repeatable)`, collect)
    .option("--record <what>", "reads: record reads and opens too")
    .option("--timeout <seconds>", `end ${program} after this time`)
    .option(
      "--label <name=text>",
      "a word to find the run by, such as turn=7 (repeatable)",
      collect,
    )
    .option("--sign <key.pem>", "sign the head when the run has ended, with an Ed25519 key")
    .option("--statement <file>", "write a statement that others check, too (in-toto, DSSE)")
    .option(
      "--isolation <how>",
      "required, auto (the best there is) or none; required under --limits strict",
    )
    .option("--ship <url>", "send the journal to this depot, while the program runs and after it")
    .option("--ship-wait <time>", "send for so long after the program's end, 10s unless given")
    .option(
      "--token-file <file>",
      "the file with the depot's token (default: $REWINDFS_DEPOT_TOKEN)",
    );
}

/** A host directory and its path in the filesystem. */
export interface Mount {
  readonly host: string;
  readonly guest: string;
}

export function parseMount(text: string): Mount {
  const at = text.lastIndexOf("::");
  const host = text.slice(0, Math.max(at, 0));
  const guest = text.slice(at + 2);
  if (at > 0 && guest !== "") return { host, guest };
  throw new UsageError(`--dir ${text} is not HOST::GUEST`, "for example --dir ./data::/data");
}

/** Parses a guest's directories; `otherwise` if none are given. Throws UsageError for a contradiction with none. */
export function parsePreopens(texts: readonly string[], otherwise: "/" | "none"): Preopen[] {
  const [first] = texts;
  if (first === undefined) return otherwise === "none" ? [] : [parsePreopen(otherwise)];
  if (otherwise === "none")
    throw new UsageError(`--no-preopens contradicts --preopen ${first}`, "leave one of them out");
  return texts.map(parsePreopen);
}

function parsePreopen(text: string): Preopen {
  const readOnly = text.endsWith(":ro");
  const path = text.replace(/:r[ow]$/, "");
  if (!path.startsWith("/")) {
    throw new UsageError(`--preopen ${text} is no absolute path`, "for example --preopen /data:ro");
  }
  return { path, directory: path, access: readOnly ? "read-only" : "read-write" };
}

/** Parses `K=V`; `K` alone takes its value from the host. */
export function parseEnvironment(
  texts: readonly string[],
  host: NodeJS.ProcessEnv,
): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text): [string, string] => {
      const at = text.indexOf("=");
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      const value = host[text];
      if (at === -1 && text !== "" && value !== undefined) return [text, value];
      throw at === -1 && text !== ""
        ? new UsageError(`--env ${text} is not set here`, `give it a value: --env ${text}=…`)
        : new UsageError(`--env ${text} has no name`, "for example --env LANG=C.UTF-8");
    }),
  );
}

/** Sets TMPDIR to /tmp for guests that have the root. */
export function withTemporary(
  environment: ReadonlyMap<string, string>,
  preopens: readonly Preopen[],
): ReadonlyMap<string, string> {
  const hasRoot = preopens.some(({ path, access }) => path === "/" && access === "read-write");
  return hasRoot ? new Map([["TMPDIR", "/tmp"], ...environment]) : environment;
}

export function parseLimits(profile: string, settings: readonly string[]): Limits {
  if (!isProfile(profile)) {
    throw new UsageError(
      `there are no limits called ${profile}`,
      `there are ${Object.keys(profiles).join(" and ")}`,
    );
  }
  const limits: Record<LimitName, number> = { ...profiles[profile] };
  for (const setting of settings) {
    const [name, value] = splitOnce(setting);
    if (!isLimit(name)) {
      throw new UsageError(
        `there is no limit called ${name}`,
        `limits are ${limitNames.join(", ")}`,
      );
    }
    const number = parseLimit(name, value);
    if (number === undefined) {
      throw new UsageError(
        `--limit ${setting} has no value that makes sense`,
        `for example --limit ${exampleOf(name)}`,
      );
    }
    limits[name] = number;
  }
  return limits;
}

function parseLimit(name: LimitName, value: string): number | undefined {
  if (name === "seconds") return parseDuration(value);
  if (isSize(name)) return parseBytes(value);
  const number = Number(value.replaceAll("_", ""));
  return /^\d[\d_]*$/.test(value) && Number.isSafeInteger(number) ? number : undefined;
}

function exampleOf(name: LimitName): string {
  return `${name}=${name === "seconds" ? "30s" : isSize(name) ? "256MiB" : "1000"}`;
}

function isSize(name: LimitName): boolean {
  return name === "memory" || name.endsWith("bytes");
}

function isProfile(name: string): name is ProfileName {
  return Object.hasOwn(profiles, name);
}

function isLimit(name: string): name is LimitName {
  return limitNames.some((known) => known === name);
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf("=");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** Parses a value of --durability. Throws UsageError. */
export function parseDurability(text: string): Durability {
  if (text === "process" || text === "batch" || text === "power") return text;
  throw new UsageError(`--durability ${text} is unknown`, "it is process, batch or power");
}

/** Requires isolation for narrow limits, as such a guest is not trusted, unless another is asked for. */
export function parseIsolation(text: string | undefined, profile: string): Isolation {
  if (text === undefined) return profile === "strict" ? "required" : "auto";
  if (text === "required" || text === "auto" || text === "none") return text;
  throw new UsageError(`--isolation ${text} is unknown`, "it is required, auto or none");
}

/** Parses a number of seconds; 0 if there is none. Throws UsageError. */
export function parseTimeout(text: string | undefined, option = "--timeout"): number {
  const seconds = text === undefined ? 0 : parseDuration(text);
  if (seconds === undefined || (text !== undefined && seconds === 0)) {
    throw new UsageError(`${option} ${text} is no time`, `for example ${option} 10, or 5m`);
  }
  return seconds;
}

/** Parses a value of --record. Throws UsageError. */
export function parseRecord(text: string | undefined): "record" | "ignore" {
  if (text === undefined) return "ignore";
  if (text === "reads") return "record";
  throw new UsageError(`--record ${text} is unknown`, "it is reads");
}
