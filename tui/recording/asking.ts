import { Worker } from "node:worker_threads";

import type { Seq } from "../../journal/index.ts";
import type { RemoteJournal } from "../../src/fleet/client/index.ts";
import type { Answer, Question } from "./question.ts";

/** A question about a journal up to an event. */
export interface Asked {
  readonly file: string;
  /** The journal's place if it is in a depot; the file holds what was fetched of it. */
  readonly elsewhere: RemoteJournal | undefined;
  readonly question: Question;
  readonly head: Seq;
}

/** A thread that answers one question; `stop` ends it wherever it is. */
export interface Asking {
  stop(): void;
}

/** Answers a question in a thread of its own, in one or several parts. */
export function askIn(
  asked: Asked,
  onAnswer: (answer: Answer) => void,
  onFailure: (error: unknown) => void,
): Asking {
  // The thread's file is TypeScript if this one is.
  const name = import.meta.url.endsWith(".ts") ? "./asking-thread.ts" : "./asking-thread.js";
  const worker = new Worker(new URL(name, import.meta.url), { workerData: asked });
  worker.on("message", onAnswer);
  worker.on("error", onFailure);
  return { stop: () => void worker.terminate() };
}
