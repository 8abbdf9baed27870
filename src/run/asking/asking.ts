import type { Answer, Question } from "../../rules/index.ts";

/**
 * Answers a question about a call that waits for it. Its signal aborts when nobody waits any more. An asker that throws,
 * or answers nothing, denies.
 */
export type Asker = (
  question: Question,
  signal: AbortSignal,
) => Answer | undefined | Promise<Answer | undefined>;

/** The asker of a run, and the answer where there is none. */
export interface AskOptions {
  /** Answers questions; without one, each gets the answer that `otherwise` is. */
  readonly asker?: Asker | undefined;
  /** The name of the asker in the journal. */
  readonly by?: string;
  /** Time after which a question gets the answer that `otherwise` is. 0: none. */
  readonly timeoutSeconds?: number;
  /** "deny" by default. */
  readonly otherwise?: "allow" | "deny";
}

/** A debugger that may be attached; it answers nothing if it is not, or leaves. */
export type DebuggerAsker = (
  question: Question,
  signal: AbortSignal,
) => Promise<Answer | undefined>;

/** An answer, and the one who gave it. */
export interface Given {
  readonly answer: Answer;
  readonly by: string;
}

/** Answers the questions of one run. */
export class Asking implements Disposable {
  readonly #options: AskOptions;
  readonly #open = new Map<number, AbortController>();
  #isUnasked = false;

  readonly #debugger: DebuggerAsker | undefined;

  /** `attached` is asked first; what only it holds goes ahead without it. */
  constructor(options: AskOptions, attached?: DebuggerAsker) {
    this.#options = options;
    this.#debugger = attached;
  }

  /** Returns the answer to a question with this number; never fails. */
  async answer(id: number, question: Question): Promise<Given> {
    const { asker, timeoutSeconds = 0, otherwise = "deny" } = this.#options;
    const isTimed = timeoutSeconds > 0 && asker !== undefined && question.hold !== true;
    const abort = new AbortController();
    this.#open.set(id, abort);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Given>((resolve) => {
      if (isTimed)
        timer = setTimeout(resolve, timeoutSeconds * 1_000, { answer: otherwise, by: "timeout" });
      abort.signal.addEventListener("abort", () => resolve({ answer: "deny", by: "nobody" }));
    });
    try {
      return await Promise.race([this.#given(question, abort.signal), late]);
    } finally {
      clearTimeout(timer);
      this.#open.delete(id);
      abort.abort();
    }
  }

  async #given(question: Question, signal: AbortSignal): Promise<Given> {
    const { asker, by = "person", otherwise = "deny" } = this.#options;
    const answer = await this.#debugger?.(question, signal);
    if (answer !== undefined) return { answer, by: "debugger" };
    if (question.hold === true) return { answer: "allow", by: "nobody" };
    if (asker !== undefined && !signal.aborted) return await answered(asker, by, question, signal);
    this.#isUnasked = true;
    return { answer: otherwise, by: "nobody" };
  }

  /** Takes a question back that nobody waits for any more. */
  withdraw(id: number): void {
    this.#open.get(id)?.abort();
  }

  /** Says what a person should know when the run has ended. */
  notes(): readonly string[] {
    const { otherwise = "deny" } = this.#options;
    if (!this.#isUnasked) return [];
    return [
      `Rules asked, and there was nobody to answer: the answer was ${otherwise}. Hint: run it at a terminal, or say --ask-default`,
    ];
  }

  [Symbol.dispose](): void {
    for (const abort of this.#open.values()) abort.abort();
  }
}

async function answered(
  asker: Asker,
  by: string,
  question: Question,
  signal: AbortSignal,
): Promise<Given> {
  try {
    const answer = await asker(question, signal);
    return answer === undefined ? { answer: "deny", by: "nobody" } : { answer, by };
  } catch {
    return { answer: "deny", by: "nobody" };
  }
}
