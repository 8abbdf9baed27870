import type { RunNumber, Seq } from "../../journal/index.ts";

/** How soon a person should look: the most urgent first. */
export const levels = ["high", "medium", "low"] as const;
/** One of them. */
export type Level = (typeof levels)[number];

/** The name of a rule, as people filter by it. */
export type RuleName =
  | "escape"
  | "secret"
  | "link-out"
  | "tool-file"
  | "credential"
  | "mass-deletion"
  | "binary-for-text"
  | "executable"
  | "lock-file"
  | "look-alike"
  | "short-lived"
  | "limit"
  | "refused";

/** Something in a record that deserves a look, and why. */
export interface Finding {
  readonly rule: RuleName;
  readonly level: Level;
  /** As the event has it: what was refused has its path as the program gave it. */
  readonly path: string;
  /** Where it leads, of a symlink. */
  readonly target?: string;
  /** A few words that can follow "path: ". Ours, but for the names of operations and limits. */
  readonly reason: string;
  readonly run: RunNumber;
  /** The event that shows it best. */
  readonly seq: Seq;
  /** Among findings of one level and rule, the lower the sooner to be looked at. */
  readonly rank: number;
}

/** Orders findings as they are shown: by level, by rule, by rank, and then as they happened. */
export function bySeverity(left: Finding, right: Finding): number {
  return (
    levels.indexOf(left.level) - levels.indexOf(right.level) ||
    ruleOrder.indexOf(left.rule) - ruleOrder.indexOf(right.rule) ||
    left.rank - right.rank ||
    left.seq - right.seq
  );
}

/** Tells whether a level is as urgent as another, or more. */
export function isAtLeast(level: Level, least: Level): boolean {
  return levels.indexOf(level) <= levels.indexOf(least);
}

const ruleOrder: readonly RuleName[] = [
  "escape",
  "secret",
  "link-out",
  "tool-file",
  "credential",
  "mass-deletion",
  "binary-for-text",
  "executable",
  "look-alike",
  "lock-file",
  "short-lived",
  "limit",
  "refused",
];
