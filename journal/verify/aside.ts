import {
  MessageChannel,
  type MessagePort,
  Worker,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";

/** Work that another thread does meanwhile. */
export interface Aside<T> {
  /** Waits for what it returns; undefined if the thread could not give it. Calls `onWait` some times a second. */
  wait(onWait?: () => void): T | undefined;
  /** Returns the part of its work that it has told to be done, from 0 to 1. */
  share(): number;
  /** Has it stop, if it still goes on, and waits until it did: nobody wants the result any more. */
  stop(): void;
}

/** Shared between the two threads: if the other one began, is done, and is to stop; and the millionths that it did. */
const cells = { begun: 0, done: 1, stop: 2, share: 3 } as const;
const millionths = 1_000_000;
const waitMilliseconds = 100;
/** The time that a thread may take to load its file. */
const patienceMilliseconds = 20_000;

/** The data that the other thread gets of its starter. */
interface Given {
  readonly asked: unknown;
  readonly shared: Int32Array;
  readonly port: MessagePort;
}

/**
 * Starts a thread for work that `wait` waits for, without looking at events. Its module stands beside that of `starter`,
 * an `import.meta.url`, and calls `answerAside`, which gets `asked`.
 */
export function aside<T>(starter: string, name: string, asked: unknown): Aside<T> {
  const shared = new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT));
  const { port1: own, port2: theirs } = new MessageChannel();
  // The thread's file is TypeScript if its starter's is.
  const file = `./${name}.${starter.endsWith(".ts") ? "ts" : "js"}`;
  const given: Given = { asked, shared, port: theirs };
  const worker = new Worker(new URL(file, starter), { workerData: given, transferList: [theirs] });
  // A thread that fails has said nothing, and `wait` says so.
  worker.on("error", () => {});
  worker.unref();
  return {
    share: () => Atomics.load(shared, cells.share) / millionths,
    wait(onWait = () => {}) {
      Atomics.wait(shared, cells.begun, 0, patienceMilliseconds);
      if (Atomics.load(shared, cells.begun) === 0) {
        void worker.terminate();
        return undefined;
      }
      while (Atomics.wait(shared, cells.done, 0, waitMilliseconds) === "timed-out") onWait();
      const received: { message: T } | undefined = receiveMessageOnPort(own);
      own.close();
      return received?.message;
    },
    stop() {
      // A thread that was terminated would still hold its locks on the file for a while.
      Atomics.store(shared, cells.stop, 1);
      if (Atomics.load(shared, cells.begun) === 1) Atomics.wait(shared, cells.done, 0);
    },
  };
}

/**
 * Does the work of a thread that `aside` started, and returns the result to its starter. Long work asks now and then if it
 * is to stop, as its result does not count then, and tells which part of it is done, from 0 to 1.
 */
export function answerAside<A, T>(
  work: (asked: A, isStopped: () => boolean, tellShare: (share: number) => void) => T,
): void {
  const { asked, shared, port } = workerData as Given;
  const tell = (cell: number): void => {
    Atomics.store(shared, cell, 1);
    Atomics.notify(shared, cell);
  };
  const isStopped = (): boolean => Atomics.load(shared, cells.stop) === 1;
  const tellShare = (share: number): void =>
    void Atomics.store(shared, cells.share, Math.floor(share * millionths));
  tell(cells.begun);
  try {
    if (!isStopped()) port.postMessage(work(asked as A, isStopped, tellShare));
  } finally {
    tell(cells.done);
    port.close();
  }
}
