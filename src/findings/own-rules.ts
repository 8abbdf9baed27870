import { type Event, type Kind, mutationKinds, pathsOf } from "../../journal/index.ts";
import { verdictOf } from "../fs/index.ts";
import { globMatcher } from "../history/index.ts";
import type { Finding, Level } from "./finding.ts";

/** Names an operation as `log --op` does; a call that came to nothing is refused or failed. */
export type Operation =
  | Exclude<Kind, "fail" | "run-start" | "run-end" | "mark">
  | "refused"
  | "failed";

/** A rule of one's own: operations on paths that deserve a look. */
export interface OwnRule {
  readonly name: string;
  /** A few words that can follow "path: ". */
  readonly reason: string;
  /** Medium by default. */
  readonly level?: Level;
  /**
   * Globs: `*` stays within a name, `**` does not; one without "/" fits names at any depth. All below a path that fits
   * is meant.
   */
  readonly paths: readonly string[];
  /** All that change something by default, but times. */
  readonly operations?: readonly Operation[];
}

/** The operations of a rule that names none: changes, but not those of times alone. */
const usual: ReadonlySet<string> = new Set(
  [...mutationKinds].filter((kind) => kind !== "set-times"),
);

/** Rules that are ready to judge events. */
export class OwnRules {
  /** The kinds of events that any of the rules asks for. */
  readonly kinds: ReadonlySet<Kind>;
  readonly #rules: readonly {
    readonly rule: OwnRule;
    readonly operations: ReadonlySet<string>;
    readonly matches: (path: string) => boolean;
  }[];

  constructor(rules: readonly OwnRule[]) {
    this.#rules = rules.map((rule) => {
      const tests = rule.paths.map(globMatcher);
      return {
        rule,
        operations: rule.operations === undefined ? usual : new Set(rule.operations),
        matches: (path) => tests.some((test) => test(path)),
      };
    });
    const kinds = this.#rules.flatMap(({ operations }) => [...operations]).map(kindOf);
    this.kinds = new Set(kinds);
  }

  /** Tells if any rule is about this path. */
  concerns(path: string): boolean {
    return this.#rules.some(({ matches }) => matches(path));
  }

  /** Returns a remark for each rule that an event on one of its paths fits. */
  remarksOn(event: Event): Omit<Finding, "run" | "seq">[] {
    const operation = event.kind === "fail" ? verdictOf(event) : event.kind;
    const paths = pathsOf(event);
    return this.#rules.flatMap(({ rule, operations, matches }) => {
      const path = operations.has(operation) ? paths.find(matches) : undefined;
      if (path === undefined) return [];
      const { name, reason, level = "medium" } = rule;
      return [{ rule: `own:${name}` as const, level, path, reason, rank: 0 }];
    });
  }
}

function kindOf(operation: string): Kind {
  return operation === "refused" || operation === "failed" ? "fail" : (operation as Kind);
}
