import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";

import { type Scribe, startScribe } from "../../journal/index.ts";
import { newControlMemory } from "./control.ts";
import type { WorkerData } from "./worker-protocol.ts";

/** The threads that a run needs beside its caller's: the guest's, and the scribe's, which writes the journal. */
export interface Threads {
  /** Shared with the guest's thread. */
  readonly control: SharedArrayBuffer;
  readonly guest: Worker;
  readonly scribe: Scribe;
  /** Returns when both have ended, the guest's first. Throws JournalError where what it had recorded cannot be kept. */
  stop(): Promise<void>;
}

/** The guest's call stack; V8's own default would end deep but honest recursion. */
const stackMegabytes = 16;
/** What a call leaves behind is small and dies young: more room for it only makes the process larger. */
const youngMegabytes = 8;

/** Starts the threads for one run. They wait for it, and make nothing before it begins. */
export function startThreads(): Threads {
  const control = newControlMemory();
  const scribe = startScribe();
  const guest = startGuestThread({ control, scribe: scribe.memory });
  return {
    control,
    guest,
    scribe,
    async stop() {
      await guest.terminate();
      await scribe.stop();
    },
  };
}

function startGuestThread(data: WorkerData): Worker {
  // Compiled, this file and the worker's are .js; run from source, both are .ts.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new Worker(new URL(`./worker.${extension}`, import.meta.url), {
    workerData: data,
    env: environment(),
    execArgv: [],
    resourceLimits: { stackSizeMb: stackMegabytes, maxYoungGenerationSizeMb: youngMegabytes },
  });
}

/**
 * Nothing of the host's environment is even near the guest. Where this process keeps what V8 compiled, the thread does
 * too: in a folder of its own for each version of Node.js, which Node.js adds by itself.
 */
function environment(): Record<string, string> {
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
