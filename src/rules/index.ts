export {
  type Answered,
  type Asked,
  type GateOptions,
  type HeldChange,
  PolicyGate,
} from "./gate.ts";
export { Holds } from "./holds.ts";
export { type Judged, judgePast } from "./past.ts";
export { ProgramNames } from "./program-names.ts";
export { RuleError, checkRules, mostRules, parseRules } from "./parse.ts";
export { type Circumstances, Policy, type Ruling } from "./policy.ts";
export {
  type Answer,
  type Question,
  alwaysRule,
  answers,
  globOfPath,
  mostShown,
  questionOf,
} from "./question.ts";
export {
  type Action,
  type Change,
  type Denial,
  type RuleOperation,
  type Rule,
  asksCaller,
  changes,
  operationVerbs,
  ruleText,
} from "./rule.ts";
