import type { Command } from "commander";

import type { ExcludeOptions, ExcludeRule } from "../../host/index.ts";
import { parseBytes } from "../../text/index.ts";
import { UsageError } from "../command/failure.ts";

/** Options on what stays out of an import, and how much may come in. */
export interface ImportScope {
  readonly exclude: ExcludeOptions;
  /** Asks before copying more bytes. "given": the user set it; otherwise it is the default. */
  readonly cap: { readonly bytes: number; readonly from: "usual" | "given" };
}

interface Options {
  readonly all?: true;
  readonly maxSize?: string;
}

/** A larger folder is probably not meant to be copied as a whole. */
const usualCap = 1024 ** 3;

/**
 * Adds the options about exclusion. Returns a function that reads them once parsed: their order counts. "take" brings in
 * what git ignores without being asked.
 */
export function excludeOptions(
  command: Command,
  usually: "leave" | "take" = "leave",
): (options: Options) => ImportScope {
  const rules: ExcludeRule[] = [];
  const add = (kind: ExcludeRule["kind"]) => (glob: string) => {
    if (glob.trim() === "")
      throw new UsageError(`--${kind} is empty`, `for example --${kind} '*.log'`);
    rules.push({ kind, glob });
    return rules;
  };
  if (usually === "leave")
    command.option("--all", "import paths that git ignores or .rewindignore names, too");
  command
    .option(
      "--exclude <glob>",
      "leave this out, a pattern as in .gitignore (repeatable)",
      add("exclude"),
    )
    .option(
      "--include <glob>",
      "take this along though it is ignored; the last one that fits counts",
      add("include"),
    )
    .option("--max-size <size>", "ask before more than this is copied (1 GiB)");
  return ({ all, maxSize }) => ({
    exclude: { ignored: all === true ? "take" : usually, rules },
    cap:
      maxSize === undefined
        ? { bytes: usualCap, from: "usual" }
        : { bytes: sizeOf(maxSize), from: "given" },
  });
}

function sizeOf(text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== undefined) return bytes;
  throw new UsageError(`--max-size ${text} is no size`, "for example --max-size 200MiB");
}
