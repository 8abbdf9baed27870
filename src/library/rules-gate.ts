import { type Recorder, systemClock } from "../../journal/index.ts";
import type { Gate } from "../fs/index.ts";
import {
  type Answer,
  type Answered,
  type Asked,
  Policy,
  PolicyGate,
  type Question,
  type Rule,
  alwaysRule,
  asksCaller,
  questionOf,
} from "../rules/index.ts";

interface Options {
  readonly now?: () => bigint;
  readonly rules?: readonly Rule[];
  readonly ask?: (question: Question) => Answer;
  readonly beforeChange?: (question: Question) => "allow" | "deny" | void;
}

/** Returns what holds the calls of an open filesystem to its rules; undefined if there are none. Throws RuleError. */
export function libraryGate(options: Options, readTape: Recorder["readTape"]): Gate | undefined {
  const { rules = [], ask, beforeChange, now = systemClock() } = options;
  if (rules.length === 0 && beforeChange === undefined) return undefined;
  const all = beforeChange === undefined ? rules : [...rules, asksCaller];
  const policy = new Policy(all, "");
  const answerTo = (question: Question): Answer => {
    if (beforeChange !== undefined && question.rule === asksCaller.name)
      return beforeChange(question) ?? "allow";
    return ask?.(question) ?? "deny";
  };
  return new PolicyGate({
    policy,
    circumstances: {
      get time() {
        return now();
      },
    },
    ask: (asked: Asked): Answered => {
      const by = "caller";
      const answer = toldBy(() => answerTo(questionOf(asked, readTape)));
      if (answer === "always") policy.add(alwaysRule(asked.ruling));
      if (answer === "allow" || answer === "always") return { answer: "allow", by };
      return { answer: "deny", by, said: answer };
    },
  });
}

/** Returns the answer; a function that throws denies. Throws TypeError for one that would answer later. */
function toldBy(ask: () => Answer): Answer {
  let answer: unknown;
  try {
    answer = ask();
  } catch {
    return "deny";
  }
  if (answer instanceof Promise)
    throw new TypeError("a filesystem in this process needs its answer at once, not a promise");
  return answer as Answer;
}
