import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import ignore, { type Ignore } from "ignore";

import { HostError, errnoOf } from "../disk/error.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Source of an exclusion: git's rules, .rewindignore, or the person who asked for the import. */
export type ExcludedBy = "git" | "rewindignore" | "asked";

/** The patterns of one file, and the directory they apply to, by its path below the rules' root. */
export interface Patterns {
  readonly by: ExcludedBy;
  /** The file's path as people know it. */
  readonly file: string;
  readonly directory: string;
  readonly text: string;
}

/** Nobody writes files of patterns larger than this, or more patterns for one path. */
const mostBytes = 256 * 1024;
const mostPatterns = 2_000;
/** No useful pattern matches a longer path. */
const mostCharacters = 4_096;
const mostDoubleStars = 3;
/** Limits the work of patterns on one path; one step takes some twenty nanoseconds. */
const mostSteps = 1_000_000;

/** Patterns that hold for a directory, with those of the directories above it. Later ones override earlier ones. */
export class Rules {
  readonly #ignore: Ignore;
  readonly #count: number;
  /**
   * Number of patterns by how often they contain **: each one more raises the power of a path's depth that matching
   * takes.
   */
  readonly #powers: readonly number[];
  /** The file whose patterns were added last. */
  readonly #file: string;

  private constructor(rules: Ignore, count: number, powers: readonly number[], file: string) {
    this.#ignore = rules;
    this.#count = count;
    this.#powers = powers;
    this.#file = file;
  }

  static none(): Rules {
    return new Rules(emptyRules(), 0, [], "");
  }

  /** Returns these rules and more. Throws HostError for patterns that would take too long. */
  with({ by, file, directory, text }: Patterns): Rules {
    const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
    const patterns = lines.filter((one) => one.trim() !== "" && !one.startsWith("#"));
    const count = this.#count + patterns.length;
    if (count > mostPatterns) throw tooCostly(file, `has more than ${mostPatterns} patterns`);
    if (patterns.some((one) => one.length > mostCharacters))
      throw tooCostly(file, `has a pattern of more than ${mostCharacters} characters`);
    const added = patterns.map((one) => ({ pattern: anchored(one, directory), mark: by }));
    const powers = [...this.#powers];
    for (const { pattern } of added) {
      const stars = doubleStarsIn(pattern);
      powers[stars] = (powers[stars] ?? 0) + 1;
    }
    if (patterns.some((one) => doubleStarsIn(one) > mostDoubleStars))
      throw tooCostly(file, `has a pattern with more than ${mostDoubleStars} times **`);
    return new Rules(emptyRules().add(this.#ignore).add(added), count, powers, file);
  }

  /**
   * Returns who excludes a path, which ends in a slash if it is a directory's. "included": a pattern brings it back.
   * Throws HostError for a path so deep that the patterns would take too long.
   */
  test(path: string): ExcludedBy | "included" | undefined {
    if (this.#count === 0) return undefined;
    if (this.#stepsFor(path) > mostSteps)
      throw tooCostly(this.#file, "has patterns that take too long for paths this deep");
    const { ignored, unignored, rule } = this.#ignore.test(path);
    if (ignored) return byOf(rule?.mark);
    return unignored ? "included" : undefined;
  }

  /**
   * Estimates the work of all patterns together: a match may begin at each directory of a path, and go on in as many
   * ways.
   */
  #stepsFor(path: string): number {
    const depth = path.split("/").length;
    let ways = 1;
    let steps = 0;
    for (let stars = 0; stars < this.#powers.length; stars += 1) {
      ways *= (depth + stars) / (stars + 1);
      steps += (this.#powers[stars] ?? 0) * ways;
    }
    return steps;
  }
}

function doubleStarsIn(pattern: string): number {
  return pattern.split("**").length - 1;
}

/** Returns the text of a file of patterns; undefined if there is none. Symlinks are not followed, as in git. */
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
  // The library rejects names such as "..." unless told otherwise. Git on Linux is sensitive to case.
  const ignorecase = process.platform === "darwin" || process.platform === "win32";
  return ignore({ allowRelativePaths: true, ignorecase });
}

/** Rewrites a pattern of a file in a directory for the rules' root: gitignore(5). */
function anchored(pattern: string, directory: string): string {
  if (directory === "") return pattern;
  const negation = pattern.startsWith("!") ? "!" : "";
  const body = pattern.slice(negation.length);
  const rest = body.replace(/^\//, "");
  // A slash at the beginning or in the middle anchors it to its directory.
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
    hint: "--all imports everything, regardless of such files",
  });
}
