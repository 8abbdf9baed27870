import type { RunNumber, Seq } from "../../journal/index.ts";

/** Names an urgency. */
export type Level = "high" | "medium" | "low";
/** Ranks urgency, the most urgent first. */
export const levels: readonly Level[] = ["high", "medium", "low"];

/** Names a rule; docs/findings.md describes each. One of the user's own begins with "own:". */
export type RuleName =
  | "escape"
  | "secret"
  | "link-out"
  | "tool-file"
  | "credential"
  | "setuid"
  | "mass-deletion"
  | "binary-for-text"
  | "executable"
  | "lock-file"
  | "look-alike"
  | "short-lived"
  | "own-program"
  | "special-file"
  | "limit"
  | "refused"
  | `own:${string}`;

/** Describes something in a record that deserves a look. */
export interface Finding {
  readonly rule: RuleName;
  readonly level: Level;
  /** A path in the filesystem; of a refused call, the path that the program gave. */
  readonly path: string;
  /** A symlink's target. */
  readonly target?: string;
  /** A few words of ours that can follow "path: ". */
  readonly reason: string;
  readonly run: RunNumber;
  /** The event that shows it best. */
  readonly seq: Seq;
  /** Orders findings of one level and rule: the lower, the sooner. */
  readonly rank: number;
}

/** Orders findings by level, rule, rank and event. */
export function bySeverity(left: Finding, right: Finding): number {
  return (
    levels.indexOf(left.level) - levels.indexOf(right.level) ||
    placeOf(left.rule) - placeOf(right.rule) ||
    left.rank - right.rank ||
    left.seq - right.seq
  );
}

/** Returns true if a level is at least as urgent as another. */
export function isAtLeast(level: Level, least: Level): boolean {
  return levels.indexOf(level) <= levels.indexOf(least);
}

/** Places the user's own rules after all others: a folder's config must not hide what ours found. */
function placeOf(rule: RuleName): number {
  const place = ruleOrder.indexOf(rule);
  return place === -1 ? ruleOrder.length : place;
}

const ruleOrder: readonly RuleName[] = [
  "escape",
  "secret",
  "link-out",
  "tool-file",
  "credential",
  "setuid",
  "mass-deletion",
  "binary-for-text",
  "executable",
  "look-alike",
  "lock-file",
  "short-lived",
  "own-program",
  "special-file",
  "limit",
  "refused",
];
