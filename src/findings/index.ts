export { type Finding, type Level, type RuleName, isAtLeast, levels } from "./finding.ts";
export { type Findings, findingsIn } from "./find.ts";
export {
  type FindingsBudget,
  type FindingsOptions,
  type FindingsProgress,
  quickBudget,
  wholeBudget,
} from "./options.ts";
export { type Operation, type OwnRule } from "./own-rules.ts";
export { isGitRecord } from "./git-record.ts";
