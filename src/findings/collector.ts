import { type Finding, type RuleName, bySeverity } from "./finding.ts";

/** Bounds the findings of one rule, level and rank that are held. */
const mostAlike = 200;

/** Holds each finding once, and counts those of a kind beyond what a person can read. */
export class Collector {
  readonly #held = new Map<string, Map<string, Finding>>();
  readonly #more = new Map<RuleName, number>();

  /** Returns true if another finding of this kind would be held; counts it otherwise. */
  takes({ rule, level, rank }: Pick<Finding, "rule" | "level" | "rank">): boolean {
    const alike = this.#held.get(`${rule} ${level} ${rank}`);
    if (alike === undefined || alike.size < mostAlike) return true;
    this.#more.set(rule, (this.#more.get(rule) ?? 0) + 1);
    return false;
  }

  /** Adds a finding that `takes` let in. The first one at a path stays. */
  add(finding: Finding): void {
    const kind = `${finding.rule} ${finding.level} ${finding.rank}`;
    const alike = this.#held.get(kind) ?? new Map<string, Finding>();
    this.#held.set(kind, alike);
    const key = `${finding.path}\0${finding.reason}`;
    if (!alike.has(key)) alike.set(key, finding);
  }

  /** Returns the held findings, the most urgent first. */
  ranked(): Finding[] {
    return [...this.#held.values()].flatMap((alike) => [...alike.values()]).sort(bySeverity);
  }

  /** Returns how many were only counted, by rule. */
  more(): ReadonlyMap<RuleName, number> {
    return this.#more;
  }
}
