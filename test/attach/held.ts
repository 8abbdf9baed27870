import { type Attached, attach } from "../../src/attach/index.ts";
import type { Answer, Question, Rule } from "../../src/rules/index.ts";

/** Holds each change. */
export const each: readonly Rule[] = [{ action: "ask", name: "each" }];

/** A debugger that answers by a function, and what it was asked. */
export interface Debugger {
  readonly asked: Question[];
  readonly attached: Attached;
  /** Resolves to "attached" or "refused" once it knows; to "gone" if nobody is there. */
  readonly begun: Promise<"attached" | "refused" | "gone">;
  /** Holds, and resolves once the recorder has heard it. */
  readonly hold: (rules: readonly Rule[]) => Promise<void>;
  /** Resolves when the connection has ended. */
  readonly gone: Promise<void>;
}

/** Attaches to the program that writes a journal; an answer of undefined leaves the call held. */
export function debug(
  journal: string,
  answer: (question: Question, attached: Attached) => Answer | undefined,
): Debugger {
  const asked: Question[] = [];
  const heard: (() => void)[] = [];
  const begun = Promise.withResolvers<"attached" | "refused" | "gone">();
  const gone = Promise.withResolvers<void>();
  const attached = attach(journal, {
    onAttached: () => begun.resolve("attached"),
    onRefused: () => begun.resolve("refused"),
    onHeld(id, question) {
      asked.push(question);
      const given = answer(question, attached);
      if (given !== undefined) attached.answer(id, given);
    },
    onHolding: () => heard.splice(0).forEach((resolve) => resolve()),
    onWithdrawn() {},
    onGone() {
      begun.resolve("gone");
      gone.resolve();
    },
  });
  const hold = async (rules: readonly Rule[]): Promise<void> => {
    attached.hold(rules);
    return new Promise((resolve) => heard.push(resolve));
  };
  return { asked, attached, hold, begun: begun.promise, gone: gone.promise };
}
