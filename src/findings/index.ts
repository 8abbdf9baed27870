export { type Finding, type Level, type RuleName, isAtLeast, levels } from "./finding.ts";
export {
  type Findings,
  type FindingsBudget,
  type FindingsOptions,
  findingsBudget,
  findingsIn,
  quickBudget,
} from "./find.ts";
export { type Operation, type OwnRule } from "./own-rules.ts";
export { isGitRecord } from "./git-record.ts";
