import { type BoundName, type Bounds, boundNames } from "../../history/index.ts";
import { parseBytes, parseDuration } from "../../text/index.ts";
import { UsageError } from "../command/failure.ts";

export interface BoundOptions {
  readonly limit?: readonly string[];
}

export const boundFlag = [
  "--limit <name=value>",
  `limits the work: ${boundNames.join(", ")} (repeatable)`,
] as const;

/** Parses bounds. Throws UsageError for an unknown one, or a wrong value. */
export function parseBounds({ limit = [] }: BoundOptions): Partial<Bounds> {
  const bounds: Partial<Record<BoundName, number>> = {};
  for (const setting of limit) {
    const [, given = setting, text = ""] = /^([^=]*)=(.*)$/s.exec(setting) ?? [];
    const name = boundNames.find((known) => known === given);
    if (name === undefined) {
      throw new UsageError(
        `there is no limit called ${given}`,
        `limits of this command are ${boundNames.join(", ")}`,
      );
    }
    const value = parseBound(name, text);
    if (value === undefined) {
      throw new UsageError(
        `--limit ${setting} has no value that makes sense`,
        `for example --limit ${name}=${example[name]}`,
      );
    }
    bounds[name] = value;
  }
  return bounds;
}

function parseBound(name: BoundName, text: string): number | undefined {
  switch (name) {
    case "seconds":
      return parseDuration(text);
    case "bytes":
    case "zeros":
      return parseBytes(text);
    case "paths":
    case "depth":
      return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  }
}

const example: Readonly<Record<BoundName, string>> = {
  paths: "20000000",
  depth: "4096",
  bytes: "2TiB",
  zeros: "64GiB",
  seconds: "12h",
};
