// By the default export, as in what starts the command line: an old Node.js links it, and is told.
import module from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";

/** The thread that keeps the journal of one run, and the guest's process. */
export interface KeeperThread {
  readonly worker: Worker;
  /** Returns when it has ended, and the guest with it. */
  stop(): Promise<void>;
}

/** Starts a keeper. It waits for its run, and makes nothing before it is given one. */
export function startKeeper(): KeeperThread {
  // Compiled, the thread's file is a script; run from source, it is a module like this one.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "cjs";
  const compiled = module.getCompileCacheDir();
  const worker = new Worker(new URL(`./keeper-thread.${extension}`, import.meta.url), {
    execArgv: [],
    // Where this process keeps what V8 compiled, the thread does too. Node.js adds a folder for each of its versions.
    env: {
      ...process.env,
      ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) }),
    },
    // What is piped to this process's own output makes that a descriptor that may refuse to wait.
    stdout: true,
    stderr: true,
  });
  return {
    worker,
    stop: async () => void (await worker.terminate()),
  };
}
