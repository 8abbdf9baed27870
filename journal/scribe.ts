import { Worker } from "node:worker_threads";
import { newSharedMemory, noteEnd, type SharedMemory, stop } from "./channel.ts";
import { errorOf, type RefusedAnswer } from "./scribe-talk.ts";

/** A thread that writes journals, one at a time, for a writer in another thread, which `openFront` makes. */
export interface Scribe {
  /** To be handed to the thread of the writer. */
  readonly memory: SharedMemory;
  /**
   * Returns when the thread has ended. Where the writer is gone without having closed its journal, all that it had taken
   * is committed first, and the journal closed. Throws JournalError where that could not be done.
   */
  stop(): Promise<void>;
}

/** Starts a scribe; it does nothing, and makes nothing, before a writer asks for it. */
export function startScribe(): Scribe {
  const memory = newSharedMemory();
  // Compiled, this file and the thread's are .js; run from source, both are .ts.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const worker = new Worker(new URL(`./scribe-thread.${extension}`, import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
    workerData: memory,
    // What is piped to this process's own output makes that a descriptor that may refuse to wait.
    stdout: true,
    stderr: true,
    env: {},
    execArgv: [],
  });
  let failure: unknown;
  worker.on("message", (refused: RefusedAnswer) => (failure = errorOf(refused)));
  worker.on("error", (error) => (failure = error));
  const ended = new Promise<void>((resolve) => {
    worker.on("exit", () => {
      noteEnd(memory);
      resolve();
    });
  });
  return {
    memory,
    async stop() {
      stop(memory);
      await ended;
      const thrown = failure;
      failure = undefined;
      if (thrown !== undefined) throw thrown;
    },
  };
}
