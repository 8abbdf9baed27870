import { Worker } from "node:worker_threads";

/** Makes snapshots in a thread of its own. */
export interface SnapshotMaker {
  /** Resolves when they are there, or when they cannot be made. */
  readonly done: Promise<void>;
  stop(): void;
}

export function makeSnapshots(file: string): SnapshotMaker {
  // The thread's file is TypeScript if this one is.
  const name = import.meta.url.endsWith(".ts") ? "./snapshot-worker.ts" : "./snapshot-worker.js";
  const worker = new Worker(new URL(name, import.meta.url), { workerData: file });
  const done = new Promise<void>((resolve) => {
    worker.once("error", () => resolve());
    worker.once("exit", () => resolve());
  });
  return { done, stop: () => void worker.terminate() };
}
