import { join, relative, sep } from "node:path";

import type { HostDirectory } from "../disk/directory.ts";
import { type ExcludedBy, type Patterns, Rules, patternsIn } from "./rules.ts";
import { type Repository, repositoryOf, trackedIn } from "./tracked.ts";
import { usersRules } from "./users-rules.ts";

/** A pattern as in .gitignore, of what is to stay out or to come in all the same. */
export interface ExcludeRule {
  readonly kind: "exclude" | "include";
  readonly glob: string;
}

/** What stays out of an import, besides what it leaves out by itself. */
export interface ExcludeOptions {
  /** "leave": what git ignores and what .rewindignore names stays out. "take": it comes in. */
  readonly ignored: "leave" | "take";
  /** What was asked for beside that; of several that match the last one counts. */
  readonly rules: readonly ExcludeRule[];
}

/** What holds for the entries of a directory. */
interface Within {
  /** "rules": these tell. "whole": all comes in, as it was asked for. "parts": it is excluded but for what is known. */
  readonly mode: "rules" | "whole" | { readonly parts: ExcludedBy };
  readonly rules: Rules;
}

const files = [
  { name: ".gitignore", by: "git" },
  { name: ".rewindignore", by: "rewindignore" },
] as const;

/**
 * Tells what of a folder of the host stays out of an import: gitignore(5), with the rules of the repository that the
 * folder stands in, of the user, and of .rewindignore beside each .gitignore. What git tracks git does not ignore. Each file
 * of rules is read once, so that whoever asks twice is told the same.
 */
export class Excludes {
  readonly #options: ExcludeOptions;
  readonly #asked: Rules;
  /** The folder's path below the top of its repository, with a slash at its end; "" where it is that itself. */
  readonly #above: string;
  readonly #directories = new Map<string, Within>();
  readonly #modes = new Map<string, Within["mode"]>();
  readonly #repository: Repository | undefined;
  readonly #top: Within;
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
    // Who names a folder that is ignored as a whole means what is in it.
    const isIgnored = this.#above !== "" && isExcluded(rules.test(this.#above));
    this.#top = { mode: "rules", rules: isIgnored ? Rules.none() : rules };
  }

  /**
   * Who says that an entry of `host` stays out; undefined where it comes in. `path` is its own below the folder. Entries
   * of a directory are asked about after the directory itself, which need not be there.
   */
  by(
    host: HostDirectory | undefined,
    path: string,
    type: "directory" | "other",
  ): ExcludedBy | undefined {
    const slash = type === "directory" ? "/" : "";
    const { mode, rules } = this.#within(host, parentOf(path));
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

  /** Whether a path that git's rules exclude is tracked, or something below it is, or whether that was asked for. */
  #holdsKnown(full: string, path: string, by: ExcludedBy): "itself" | "something" | "nothing" {
    // A .rewindignore is for this alone: it also keeps out what git tracks, as --exclude does.
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
  /** Each directory that holds something tracked. */
  readonly directories = new Set<string>();

  constructor(paths: ReadonlySet<string>) {
    this.paths = paths;
    for (const path of paths) {
      for (let at = parentOf(path); at !== "" && !this.directories.has(at); at = parentOf(at))
        this.directories.add(at);
    }
  }
}

/** The user's rules, the repository's own, and those of the directories above the folder, in the order in which they count. */
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
