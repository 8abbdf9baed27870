import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import ignore, { type Ignore } from "ignore";

import { HostError, errnoOf } from "../disk/error.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Who says that a path stays out: git's rules, .rewindignore, or the person who asked for the import. */
export type ExcludedBy = "git" | "rewindignore" | "asked";

/** The patterns of one file, and the directory that they are about, by its path below where all rules begin. */
export interface Patterns {
  readonly by: ExcludedBy;
  /** As people know the file. */
  readonly file: string;
  readonly directory: string;
  readonly text: string;
}

/** Larger files of patterns, and more patterns for one path, are no rules that anybody wrote. */
const mostBytes = 256 * 1024;
const mostPatterns = 2_000;
/** A pattern takes time with the depth of a path to this power. */
const mostDoubleStars = 3;

/** Patterns that hold for a directory, with those of the directories above it. Later ones count before earlier ones. */
export class Rules {
  readonly #ignore: Ignore;
  readonly #count: number;

  private constructor(rules: Ignore, count: number) {
    this.#ignore = rules;
    this.#count = count;
  }

  static none(): Rules {
    return new Rules(emptyRules(), 0);
  }

  /** These and more. Throws HostError for patterns that would take too long. */
  with({ by, file, directory, text }: Patterns): Rules {
    const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
    const patterns = lines.filter((one) => one.trim() !== "" && !one.startsWith("#"));
    const count = this.#count + patterns.length;
    if (count > mostPatterns) throw tooCostly(file, `has more than ${mostPatterns} patterns`);
    const costly = patterns.find((one) => one.split("**").length - 1 > mostDoubleStars);
    if (costly !== undefined)
      throw tooCostly(file, `has a pattern with more than ${mostDoubleStars} times **`);
    const added = patterns.map((one) => ({ pattern: anchored(one, directory), mark: by }));
    return new Rules(emptyRules().add(this.#ignore).add(added), count);
  }

  /** Who excludes a path, which ends in a slash where it is a directory's. "included": a pattern brings it back. */
  test(path: string): ExcludedBy | "included" | undefined {
    if (this.#count === 0) return undefined;
    const { ignored, unignored, rule } = this.#ignore.test(path);
    if (ignored) return byOf(rule?.mark);
    return unignored ? "included" : undefined;
  }
}

/** What a file of patterns holds; undefined where there is none. Links are not followed, as git does not. */
export function patternsIn(place: string, file: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return undefined;
    if (stat.size > mostBytes) throw tooCostly(file, `is larger than ${mostBytes / 1024} KiB`);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

function emptyRules(): Ignore {
  // Names such as "..." are no paths to the library unless told so. git on Linux tells capital from small letters.
  const ignorecase = process.platform === "darwin" || process.platform === "win32";
  return ignore({ allowRelativePaths: true, ignorecase });
}

/** A pattern of a file in a directory, as one of the directory where all rules begin: gitignore(5). */
function anchored(pattern: string, directory: string): string {
  if (directory === "") return pattern;
  const negation = pattern.startsWith("!") ? "!" : "";
  const body = pattern.slice(negation.length);
  const rest = body.replace(/^\//, "");
  // A slash at the beginning or in the middle ties it to its directory.
  const isTied = body.replace(/\/\s*$/, "").includes("/");
  return `${negation}/${escaped(directory)}/${isTied ? "" : "**/"}${rest}`;
}

function escaped(directory: string): string {
  return directory.replaceAll(/[\\*?[\]!# ]/g, String.raw`\$&`);
}

function byOf(mark: string | undefined): ExcludedBy {
  return mark === "rewindignore" || mark === "asked" ? mark : "git";
}

function tooCostly(file: string, why: string): HostError {
  return new HostError("limit", file, `cannot tell what ${file} leaves out: it ${why}`, {
    hint: "--all takes everything along, whatever such files say",
  });
}
