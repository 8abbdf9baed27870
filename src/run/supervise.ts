import type { Worker } from "node:worker_threads";

import type { RunNumber } from "../../journal/index.ts";
import { type Controller, type Stop, stops } from "./control.ts";
import { RunError } from "./error.ts";
import { errorOf } from "./failure.ts";
import type { Outcome } from "./outcome.ts";
import type { Start, WorkerMessage } from "./worker-protocol.ts";

export interface Supervision {
  readonly start: Start;
  /** 0: no limit. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal | undefined;
  readonly onOutput: Readonly<Record<"stdout" | "stderr", (bytes: Uint8Array) => void>>;
  readonly onStart: (run: RunNumber) => "hold" | void;
  /** Returns when all that was recorded is in the journal, and nobody writes it any more. */
  readonly settle: () => Promise<void>;
}

export interface Supervised {
  readonly run: RunNumber;
  readonly outcome: Outcome;
  readonly notes: readonly string[];
}

/** How long a guest that is told to stop may go on without a host call. */
const graceMilliseconds = 500;

/**
 * Starts the guest in a worker and sees it to its end: when its time is up, or the signal comes, it is told to stop,
 * and when it does not hear, its thread is ended and its run closed here.
 */
export async function supervise(
  worker: Worker,
  controller: Controller,
  supervision: Supervision,
): Promise<Supervised> {
  let run: RunNumber | undefined;
  let stopped: Stop | undefined;
  let timer: NodeJS.Timeout | undefined;
  let grace: NodeJS.Timeout | undefined;
  const stop = (why: Stop): void => {
    stopped ??= why;
    controller.stop(why);
    allowGrace();
  };
  // Time runs from the guest's start: how long it took to get there is not the guest's doing.
  const started = (number: RunNumber): void => {
    run = number;
    if (supervision.timeoutSeconds > 0)
      timer = setTimeout(() => stop("timeout"), supervision.timeoutSeconds * 1_000);
    allowGrace();
    if (supervision.onStart(number) !== "hold") controller.resume();
  };
  const allowGrace = (): void => {
    if (run === undefined || stopped === undefined) return;
    grace ??= setTimeout(() => void worker.terminate(), graceMilliseconds);
  };

  const { signal } = supervision;
  const onAbort = (): void => stop(stopOfReason(signal?.reason));
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted === true) onAbort();
  try {
    const message = await new Promise<EndOfWorker>((resolve) => {
      worker.on("message", (message: WorkerMessage) => {
        switch (message.kind) {
          case "started":
            return started(message.run);
          case "output":
            controller.took(message.bytes.length);
            return supervision.onOutput[message.stream](message.bytes);
          case "ended":
          case "failed":
            return resolve(message);
        }
      });
      worker.on("error", (error) => resolve({ kind: "died", error }));
      worker.on("exit", () => resolve({ kind: "died", error: undefined }));
      controller.pause();
      const { start } = supervision;
      worker.postMessage(start, start.stdin === undefined ? [] : [start.stdin]);
    });
    return await conclude(message, run, stopped, worker, supervision);
  } finally {
    clearTimeout(timer);
    clearTimeout(grace);
    signal?.removeEventListener("abort", onAbort);
  }
}

type EndOfWorker =
  | Extract<WorkerMessage, { readonly kind: "ended" | "failed" }>
  /** Without an error where it was ended from here. */
  | { readonly kind: "died"; readonly error: unknown };

async function conclude(
  message: EndOfWorker,
  run: RunNumber | undefined,
  stopped: Stop | undefined,
  worker: Worker,
  { start, settle }: Supervision,
): Promise<Supervised> {
  if (message.kind === "failed") throw await errorOf(message.failure);
  if (message.kind === "ended" && run !== undefined)
    return { run, outcome: message.outcome, notes: message.notes };
  await worker.terminate();
  const outcome: Outcome =
    stopped !== undefined
      ? { kind: "stopped", exit: stops[stopped].exit, reason: stops[stopped].reason }
      : failedOutcome(message.kind === "died" ? message.error : undefined);
  if (run === undefined) {
    const known = message.kind === "died" && isOutOfHeap(message.error);
    throw new RunError(
      "failed",
      `The run did not begin: ${outcome.reason}`,
      known ? { hint: moreHeap } : {},
    );
  }
  await settle();
  const { endAbandonedRun } = await import("./recording.ts");
  endAbandonedRun(start.recording, run, outcome);
  return { run, outcome, notes: [] };
}

function failedOutcome(error: unknown): Outcome & { readonly kind: "failed" } {
  if (isOutOfHeap(error)) {
    return {
      kind: "failed",
      exit: 125,
      reason: "host failure: the files and handles that the guest's thread keeps fill its heap",
      report: `The heap of the guest's thread is full: ${moreHeap}`,
    };
  }
  const text = error instanceof Error ? error.message : "the guest's thread ended without a word";
  return {
    kind: "failed",
    exit: 125,
    reason: `host failure: ${text}`,
    report: error instanceof Error ? (error.stack ?? text) : text,
  };
}

/** What to do when a thread has no room for its tree of files and what the guest holds open. */
const moreHeap =
  "lower --limit inodes or --limit descriptors, or give more with NODE_OPTIONS=--max-old-space-size=MEBIBYTES";

function isOutOfHeap(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}

function stopOfReason(reason: unknown): Stop {
  if (reason === "SIGINT") return "interrupt";
  return reason === "SIGTERM" || reason === "SIGHUP" ? "terminate" : "abort";
}
