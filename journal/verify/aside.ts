import { MessageChannel, Worker, receiveMessageOnPort } from "node:worker_threads";

import type { Verdict, VerifyOptions } from "./verify.ts";

/** A verification that another thread does meanwhile. */
export interface VerifyingAside {
  /** Waits for the verdict; undefined if the thread could not give one. */
  wait(): Verdict | undefined;
}

/** Shared between the two threads: whether the other one began, and whether it is done. */
export const cells = { begun: 0, done: 1 } as const;
/** The time that a thread may take to load its file. */
const patienceMilliseconds = 20_000;

/** Verifies a journal's file in a thread of its own, as `verify` does. */
export function verifyAside(file: string, { head }: Pick<VerifyOptions, "head">): VerifyingAside {
  const shared = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const { port1: own, port2: theirs } = new MessageChannel();
  // The thread's file is TypeScript if this one is.
  const name = import.meta.url.endsWith(".ts") ? "./verify-thread.ts" : "./verify-thread.js";
  const worker = new Worker(new URL(name, import.meta.url), {
    workerData: { file, head, shared, port: theirs },
    transferList: [theirs],
  });
  // A thread that fails has said nothing, and `wait` says so.
  worker.on("error", () => {});
  worker.unref();
  return {
    wait() {
      Atomics.wait(shared, cells.begun, 0, patienceMilliseconds);
      if (Atomics.load(shared, cells.begun) === 0) {
        void worker.terminate();
        return undefined;
      }
      Atomics.wait(shared, cells.done, 0);
      const received: { message: Verdict } | undefined = receiveMessageOnPort(own);
      own.close();
      return received?.message;
    },
  };
}
