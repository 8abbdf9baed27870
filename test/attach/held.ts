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
  /** Resolves when the connection has ended. */
  readonly gone: Promise<void>;
}

/** Attaches to the program that writes a journal; an answer of undefined leaves the call held. */
export function debug(
  journal: string,
  answer: (question: Question, attached: Attached) => Answer | undefined,
): Debugger {
  const asked: Question[] = [];
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
    onWithdrawn() {},
    onGone() {
      begun.resolve("gone");
      gone.resolve();
    },
  });
  return { asked, attached, begun: begun.promise, gone: gone.promise };
}
