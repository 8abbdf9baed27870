// By the default export, as in the files that start the command line: an old Node.js can load it, and report its
// version.
import module from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";

/** The thread that keeps the journal of one run, and the guest's process. */
export interface KeeperThread {
  readonly worker: Worker;
  /** Resolves once it has ended, and the guest with it. */
  stop(): Promise<void>;
}

/** Starts a keeper. It waits for its run, and creates nothing before. */
export function startKeeper(): KeeperThread {
  // Compiled, the thread's file is a script; from source, it is a module like this one.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "cjs";
  const compiled = module.getCompileCacheDir();
  const worker = new Worker(new URL(`./keeper-thread.${extension}`, import.meta.url), {
    execArgv: [],
    // The thread uses the folder where this process keeps V8's compiled code. Node.js adds a folder for each of its
    // versions.
    env: {
      ...process.env,
      ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) }),
    },
    // Piping to this process's own output would make that a descriptor that may refuse to wait.
    stdout: true,
    stderr: true,
  });
  return {
    worker,
    stop: async () => void (await worker.terminate()),
  };
}
