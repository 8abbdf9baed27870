import { type Finding, type RuleName, bySeverity } from "./finding.ts";

/** Findings of one rule and level that are held, each with its path. */
const mostAlike = 200;

/** Holds findings, each once, and no more of a kind than a person can read; the others are counted. */
export class Collector {
  readonly #held = new Map<string, Map<string, Finding>>();
  readonly #more = new Map<RuleName, number>();

  /** Tells whether one of this kind would be held, before it is worked out in full. */
  takes({ rule, level }: Pick<Finding, "rule" | "level">): boolean {
    const alike = this.#held.get(`${rule} ${level}`);
    if (alike === undefined || alike.size < mostAlike) return true;
    this.#more.set(rule, (this.#more.get(rule) ?? 0) + 1);
    return false;
  }

  /** Takes a finding that `takes` was asked about. What was found before at the same path stays as it was. */
  add(finding: Finding): void {
    const kind = `${finding.rule} ${finding.level}`;
    const alike = this.#held.get(kind) ?? new Map<string, Finding>();
    this.#held.set(kind, alike);
    const key = `${finding.path}\0${finding.reason}`;
    if (!alike.has(key)) alike.set(key, finding);
  }

  /** All that are held, the most urgent first. */
  ranked(): Finding[] {
    return [...this.#held.values()].flatMap((alike) => [...alike.values()]).sort(bySeverity);
  }

  /** How many more there were of each rule. */
  more(): ReadonlyMap<RuleName, number> {
    return this.#more;
  }
}
