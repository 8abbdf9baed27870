import { Worker } from "node:worker_threads";
import { type Answer, ToolError } from "./answers/answer.ts";

/** A question for the thread that answers for the past. */
export interface Asked {
  readonly file: string;
  readonly name: string;
  readonly given: Readonly<Record<string, unknown>>;
}

/** The thread's answer, or the reason that it has none. */
export type Told =
  | { readonly answer: Answer }
  | { readonly reason: string; readonly hint: string | undefined };

/** Most seconds that one question may take. */
const mostSeconds = 120;

/** Asks the past of a journal one question after another, each on a thread of its own, which can be ended anywhere. */
export class PastThread {
  readonly #file: string;
  readonly #stopped = new AbortController();
  #before: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  /** Resolves with a tool's answer. Throws ToolError, and what the signal says when it aborts. */
  ask(name: string, given: Asked["given"], signal: AbortSignal | undefined): Promise<Answer> {
    const ends = [this.#stopped.signal, ...(signal === undefined ? [] : [signal])];
    const asked = { file: this.#file, name, given };
    const answer = this.#before.then(() => answerOf(asked, ends));
    this.#before = answer.catch(() => {});
    return answer;
  }

  /** Ends the question that is being answered, and those that wait. */
  stop(): void {
    this.#stopped.abort(new ToolError("the server ends"));
  }
}

async function answerOf(asked: Asked, ends: readonly AbortSignal[]): Promise<Answer> {
  const tooLong = AbortSignal.timeout(mostSeconds * 1_000);
  const signal = AbortSignal.any([...ends, tooLong]);
  signal.throwIfAborted();
  // The thread's file is TypeScript if this one is.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const worker = new Worker(new URL(`./past-thread.${extension}`, import.meta.url), {
    workerData: asked,
  });
  try {
    return await new Promise((resolve, reject) => {
      worker.once("message", (told: Told) => {
        if ("answer" in told) resolve(told.answer);
        else reject(Object.assign(new ToolError(told.reason), { hint: told.hint }));
      });
      worker.once("error", reject);
      worker.once("exit", () => reject(new ToolError("it ended without an answer; ask for less")));
      signal.addEventListener("abort", () =>
        reject(
          tooLong.aborted
            ? new ToolError(`it took more than ${mostSeconds} seconds; ask for less`)
            : signal.reason,
        ),
      );
    });
  } finally {
    await worker.terminate();
  }
}
