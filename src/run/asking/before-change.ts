import { type Question, type Rule, asksCaller } from "../../rules/index.ts";
import type { AskOptions } from "./asking.ts";

/** Answers before a change is made, at once or later; undefined is "allow". */
export type BeforeChange = (
  question: Question,
  signal: AbortSignal,
) => "allow" | "deny" | void | Promise<"allow" | "deny" | void>;

interface Options {
  readonly rules?: readonly Rule[];
  readonly ask?: AskOptions;
  readonly beforeChange?: BeforeChange;
}

/** Returns the rules of a run, with one that asks its function about all that they leave open. */
export function rulesWith({ rules = [], beforeChange }: Options): readonly Rule[] {
  return beforeChange === undefined ? rules : [...rules, asksCaller];
}

/** Returns what answers the questions of those rules. */
export function askWith({ ask = {}, beforeChange }: Options): AskOptions {
  if (beforeChange === undefined) return ask;
  return {
    ...ask,
    by: ask.by ?? "caller",
    asker: async (question, signal) => {
      if (question.rule === asksCaller.name)
        return (await beforeChange(question, signal)) ?? "allow";
      return ask.asker === undefined ? ask.otherwise : await ask.asker(question, signal);
    },
  };
}
