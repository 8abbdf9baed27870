import { type Answer, type Question, alwaysRule } from "../../rules/index.ts";
import type { Asker } from "../../run/index.ts";
import type { Output } from "../command/output.ts";
import { choices, questionText } from "./question-text.ts";
import { askAtTerminal, hasTerminal } from "./terminal-line.ts";

/** Returns what asks the person at the terminal, one question after another; undefined if there is no terminal. */
export function personAtTerminal(talk: Pick<Output, "paint">): Asker | undefined {
  if (!hasTerminal()) return undefined;
  let before: Promise<unknown> = Promise.resolve();
  return async (question, signal) => {
    const answer = before.then(async () => answerOf(talk, question, signal));
    before = answer.catch(() => {});
    return await answer;
  };
}

/** Asks until the answer is one; undefined if there is none. */
async function answerOf(
  talk: Pick<Output, "paint">,
  question: Question,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const always = alwaysRule(question);
  for (let text = questionText(talk, question, always); ; text = `${choices(always)} `) {
    const line = await askAtTerminal(text, signal);
    if (line === undefined) return undefined;
    const answer = answersByWord.get(line.trim().toLowerCase());
    if (answer !== undefined) return answer;
  }
}

const answersByWord: ReadonlyMap<string, Answer> = new Map([
  ["y", "allow"],
  ["yes", "allow"],
  ["n", "deny"],
  ["no", "deny"],
  ["a", "always"],
  ["always", "always"],
  ["s", "stop"],
  ["stop", "stop"],
  ["f", "fork"],
  ["fork", "fork"],
]);
