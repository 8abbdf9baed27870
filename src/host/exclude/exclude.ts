import { join, relative, sep } from "node:path";

import type { HostDirectory } from "../disk/directory.ts";
import { type ExcludedBy, type Patterns, Rules, patternsIn } from "./rules.ts";
import { type Repository, repositoryOf, trackedIn } from "./tracked.ts";
import { usersRules } from "./users-rules.ts";

/** A pattern as in .gitignore, that excludes paths or includes them again. */
export interface ExcludeRule {
  readonly kind: "exclude" | "include";
  readonly glob: string;
}

/** Excludes paths from an import, besides those that are always left out. */
export interface ExcludeOptions {
  /** "leave": paths that git ignores or .rewindignore names stay out. "take": they come in. */
  readonly ignored: "leave" | "take";
  /** Patterns that were asked for; the last one that matches counts. */
  readonly rules: readonly ExcludeRule[];
}

/** Tells how the entries of a directory are decided. */
interface Within {
  /**
   * "rules": the rules decide. "whole": everything comes in, as was asked for. "parts": only tracked or asked-for
   * entries do.
   */
  readonly mode: "rules" | "whole" | { readonly parts: ExcludedBy };
  readonly rules: Rules;
}

const files = [
  { name: ".gitignore", by: "git" },
  { name: ".rewindignore", by: "rewindignore" },
] as const;

/**
 * Decides which entries of a host folder stay out of an import: gitignore(5), with the rules of the repository around
 * the folder, of the user, and of .rewindignore beside each .gitignore. Git does not ignore what it tracks. Each file
 * of rules is read once, so that asking twice gives one answer.
 */
export class Excludes {
  readonly #options: ExcludeOptions;
  readonly #asked: Rules;
  /** The folder's path below the top of its repository, ending in a slash; "" if it is the top itself. */
  readonly #above: string;
  readonly #directories = new Map<string, Within>();
  readonly #modes = new Map<string, Within["mode"]>();
  readonly #repository: Repository | undefined;
  readonly #top: Within;
  /** The directory that was asked about last: mostly all of its entries are, one after another. */
  #last: { readonly host: HostDirectory; readonly within: Within } | undefined;
  #tracked: Tracked | undefined;

  /** `real` is the folder's real path. Throws HostError for rules that would take too long. */
  constructor(real: string, options: ExcludeOptions) {
    this.#options = options;
    this.#asked = options.rules.reduce(withAsked, Rules.none());
    this.#repository = options.ignored === "leave" ? repositoryOf(real) : undefined;
    const top = this.#repository?.top ?? real;
    const names = relative(top, real)
      .split(sep)
      .filter((name) => name !== "");
    this.#above = names.map((name) => `${name}/`).join("");
    const above = options.ignored === "leave" ? rulesAbove(top, names, this.#repository) : [];
    const rules = above.reduce((all, one) => all.with(one), Rules.none());
    // A user who names a folder that is ignored as a whole means its entries.
    const isIgnored = this.#above !== "" && isExcluded(rules.test(this.#above));
    this.#top = { mode: "rules", rules: isIgnored ? Rules.none() : rules };
  }

  /**
   * Returns who excludes an entry of `host`; undefined if it comes in. `path` is the entry's path below the folder. A
   * directory, which need not exist, must be asked about before its entries.
   */
  by(
    host: HostDirectory | undefined,
    path: string,
    type: "directory" | "other",
  ): ExcludedBy | undefined {
    const slash = type === "directory" ? "/" : "";
    const { mode, rules } = this.#around(host, path);
    const asked = this.#asked.test(`${path}${slash}`);
    if (asked === "included") this.#modes.set(path, "whole");
    if (asked !== undefined) return asked === "included" ? undefined : asked;
    if (mode === "whole") return undefined;
    const full = `${this.#above}${path}`;
    const found = mode === "rules" ? rules.test(`${full}${slash}`) : mode.parts;
    if (found === undefined || found === "included") return undefined;
    const holds = this.#holdsKnown(full, path, found);
    if (holds === "nothing") return found;
    if (type === "directory") this.#modes.set(path, { parts: found });
    return type === "directory" || holds === "itself" ? undefined : found;
  }

  /** Tells if an excluded path is tracked or asked for itself, or holds something that is. */
  #holdsKnown(full: string, path: string, by: ExcludedBy): "itself" | "something" | "nothing" {
    // A .rewindignore serves imports alone: like --exclude, it also excludes tracked files.
    if (this.#repository !== undefined && by === "git") {
      this.#tracked ??= new Tracked(trackedIn(this.#repository));
      if (this.#tracked.paths.has(full)) return "itself";
      if (this.#tracked.directories.has(full)) return "something";
    }
    const isAsked = this.#options.rules.some(
      ({ kind, glob }) => kind === "include" && plain(glob).startsWith(`${path}/`),
    );
    return isAsked ? "something" : "nothing";
  }

  /** Returns what decides about an entry of `host`. */
  #around(host: HostDirectory | undefined, path: string): Within {
    if (host !== undefined && this.#last?.host === host) return this.#last.within;
    const within = this.#within(host, parentOf(path));
    if (host !== undefined) this.#last = { host, within };
    return within;
  }

  #within(host: HostDirectory | undefined, path: string): Within {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const above = path === "" ? this.#top : (this.#directories.get(parentOf(path)) ?? this.#top);
    const mode = this.#modes.get(path) ?? above.mode;
    const reads = mode === "rules" && this.#options.ignored === "leave";
    const rules =
      reads && host !== undefined ? this.#withFiles(host, path, above.rules) : above.rules;
    const within = { mode, rules };
    this.#directories.set(path, within);
    return within;
  }

  #withFiles(host: HostDirectory, path: string, above: Rules): Rules {
    const directory = `${this.#above}${path}`.replace(/\/$/, "");
    return files.reduce((rules, { name, by }) => {
      const file = host.show(name);
      const text = patternsIn(host.at(name), file);
      return text === undefined ? rules : rules.with({ by, file, directory, text });
    }, above);
  }
}

class Tracked {
  readonly paths: ReadonlySet<string>;
  /** Directories that hold something tracked. */
  readonly directories = new Set<string>();

  constructor(paths: ReadonlySet<string>) {
    this.paths = paths;
    for (const path of paths) {
      for (let at = parentOf(path); at !== "" && !this.directories.has(at); at = parentOf(at))
        this.directories.add(at);
    }
  }
}

/**
 * Returns the user's rules, the repository's own, and those of the directories above the folder, in increasing
 * precedence.
 */
function rulesAbove(
  top: string,
  names: readonly string[],
  repository: Repository | undefined,
): Patterns[] {
  const exclude = join(repository?.shared ?? "", "info", "exclude");
  const text = repository === undefined ? undefined : patternsIn(exclude, exclude);
  const own: Patterns[] =
    text === undefined ? [] : [{ by: "git", file: exclude, directory: "", text }];
  const above = names.flatMap((_, depth): Patterns[] => {
    const directory = names.slice(0, depth).join("/");
    return files.flatMap(({ name, by }) => {
      const file = join(top, directory, name);
      const rules = patternsIn(file, file);
      return rules === undefined ? [] : [{ by, file, directory, text: rules }];
    });
  });
  return [...usersRules(), ...own, ...above];
}

function withAsked(rules: Rules, { kind, glob }: ExcludeRule): Rules {
  const body = glob.replace(/^\.\//, "").replace(/^#/, String.raw`\#`);
  const text = kind === "include" ? `!${body}` : body;
  return rules.with({ by: "asked", file: `--${kind}`, directory: "", text });
}

function plain(glob: string): string {
  return glob.replace(/^\.?\//, "");
}

function isExcluded(found: ExcludedBy | "included" | undefined): boolean {
  return found !== undefined && found !== "included";
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
