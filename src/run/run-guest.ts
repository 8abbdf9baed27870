import { isatty } from "node:tty";

import type { Durability, RunNumber } from "../../journal/index.ts";
import { type Limits, profiles } from "../fs/index.ts";
import type { Preopen } from "../wasi/index.ts";
import { defaultCacheFolder } from "./translate/cache-folder.ts";
import { Controller, type Order, stopOfReason } from "./ending/control.ts";
import { RunError } from "./ending/error.ts";
import { errorOf } from "./ending/failure.ts";
import { type Input, openInput } from "./input.ts";
import type { Isolation } from "./isolation/index.ts";
import type { Marshalling, StandardStream } from "./protocol/jobs.ts";
import { type KeeperThread, startKeeper } from "./keeper/keeper.ts";
import type {
  FromKeeper,
  Instead,
  OutputTarget,
  RunRequest,
  TerminalOutput,
} from "./protocol/keeper-protocol.ts";
import type { Outcome } from "./ending/outcome.ts";
import { moreHeap } from "./process/process-end.ts";

/** Where the guest's output goes: this process's own, a function, or nowhere. */
export type Output = "inherit" | "ignore" | ((bytes: Uint8Array) => void);

/** What is run, with what, and how long. */
export interface RunOptions {
  /** Path of a .wasm file, or "python". */
  readonly guest: string;
  /** What follows the guest's name. */
  readonly args?: readonly string[];
  /** The guest sees these and nothing of the host's. */
  readonly environment?: ReadonlyMap<string, string>;
  /** The journal's file, made where there is none. */
  readonly journal: string;
  /** "process" unless given. */
  readonly durability?: Durability;
  /** The default profile unless given. */
  readonly limits?: Limits;
  /** What the guest can reach; "/", read-write, unless given. An empty list is nothing. */
  readonly preopens?: readonly Preopen[];
  /** "record" makes events of reads and opens too. */
  readonly accesses?: "record" | "ignore";
  /** Wall time; the smaller of this and the limit `seconds` counts. 0: no limit. */
  readonly timeoutSeconds?: number;
  readonly stdin?: Input;
  readonly stdout?: Output;
  readonly stderr?: Output;
  /** "visible" unless given: on a terminal the guest's escape sequences are shown as text. "raw" lets them through. */
  readonly terminalOutput?: TerminalOutput;
  /** Ends the guest when it aborts; a reason of "SIGINT", "SIGTERM" or "SIGHUP" says how. */
  readonly signal?: AbortSignal;
  /**
   * What stands between the guest's process and this machine: "auto" unless given, the best that there is, and a note says
   * what is missing; "required" fails where it cannot be had; "none" is a process like any other.
   */
  readonly isolation?: Isolation;
  /**
   * "core" unless given; "glue" is several times slower, and the same to the guest.
   * @internal
   */
  readonly marshalling?: Marshalling;
  /** Where translated guests are kept. */
  readonly cacheFolder?: string;
  /**
   * Called when the run is in the journal, before the guest's first host call. "hold" keeps the guest there until the
   * controller resumes it.
   */
  readonly onStart?: (run: RunNumber, controller: Controller) => "hold" | void;
}

/** What came of a run. */
export interface RunResult {
  readonly run: RunNumber;
  /** SHA-256 of the guest, in hex. */
  readonly digest: string;
  readonly outcome: Outcome;
  /** What a person may want to know, one sentence each. */
  readonly notes: readonly string[];
}

/** Runs a guest on the journal's filesystem, and returns when it has ended. Throws RunError, JournalError. */
export async function runGuest(options: RunOptions): Promise<RunResult> {
  return runGuestOn(startKeeper(), options);
}

/**
 * The same with a keeper that was started before, and is ended by it. `instead` is for tests.
 */
export async function runGuestOn(
  keeper: KeeperThread,
  options: RunOptions,
  instead: Instead = {},
): Promise<RunResult> {
  const { worker } = keeper;
  const controller = new Controller((order) => worker.postMessage(order satisfies Order));
  using input = openInput(options.stdin ?? "inherit");
  const { signal } = options;
  const onAbort = (): void => controller.stop(stopOfReason(signal?.reason));
  signal?.addEventListener("abort", onAbort);
  let run: RunNumber | undefined;
  /** The keeper said how the run ended: that its thread is then stopped is no end of its own. */
  let isTold = false;
  try {
    return await new Promise<RunResult>((resolve, reject) => {
      worker.on("message", (message: FromKeeper) => {
        switch (message.kind) {
          case "started":
            run = message.run;
            if (options.onStart?.(message.run, controller) !== "hold") controller.resume();
            return;
          case "output": {
            const sink = options[message.stream];
            if (typeof sink === "function") sink(message.bytes);
            worker.postMessage({ kind: "took", bytes: message.bytes.length } satisfies Order);
            return;
          }
          case "ended": {
            isTold = true;
            const { run, digest, outcome, notes } = message;
            return resolve({ run, digest, outcome, notes });
          }
          case "failed":
            isTold = true;
            return void errorOf(message.failure).then(reject, reject);
        }
      });
      const end = (error: unknown): void => {
        if (!isTold) void concludeWithout(options, run, error).then(resolve, reject);
      };
      worker.on("error", end);
      worker.on("exit", () => end(undefined));
      const request = { ...requestOf(options, input.port), instead };
      worker.postMessage(request, request.stdin === undefined ? [] : [request.stdin]);
      if (signal?.aborted === true) onAbort();
    });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await keeper.stop();
  }
}

function requestOf(options: RunOptions, stdin: RunRequest["stdin"]): RunRequest {
  const { limits = profiles.default } = options;
  return {
    kind: "run",
    guest: options.guest,
    args: options.args ?? [],
    environment: [...(options.environment ?? [])],
    journal: options.journal,
    durability: options.durability ?? "process",
    limits,
    preopens: options.preopens ?? [{ path: "/", access: "read-write" }],
    accesses: options.accesses ?? "ignore",
    timeoutSeconds: shortest(options.timeoutSeconds ?? 0, limits.seconds),
    stdin,
    stdout: targetOf(options.stdout, 1),
    stderr: targetOf(options.stderr, 2),
    terminals: terminalsOf(options),
    terminalOutput: options.terminalOutput ?? "visible",
    marshalling: options.marshalling ?? "core",
    cacheFolder: options.cacheFolder ?? defaultCacheFolder(),
    isolation: options.isolation ?? "auto",
  };
}

/** The thread that kept the journal is gone, and the guest with it: the run is ended here, where it had begun. */
async function concludeWithout(
  { journal, durability = "process" }: RunOptions,
  run: RunNumber | undefined,
  error: unknown,
): Promise<RunResult> {
  const isFull =
    error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
  const text = error instanceof Error ? error.message : "it ended without a word";
  const why = `the thread that keeps the journal is gone: ${isFull ? "its heap is full" : text}`;
  const hint = isFull ? moreHeap : "what the guest had recorded is in the journal";
  if (run === undefined) throw new RunError("failed", `The run did not begin: ${why}`, { hint });
  const reason = `host failure: ${why}`;
  const { endAbandonedRun } = await import("./abandoned-run.ts");
  const digest = endAbandonedRun(journal, durability, run, reason);
  const report = `${reason}. Hint: ${hint}`;
  return { run, digest, outcome: { kind: "failed", exit: 125, reason, report }, notes: [] };
}

function targetOf(output: Output | undefined, descriptor: number): OutputTarget {
  if (typeof output === "function") return "caller";
  return output === "ignore" ? "ignore" : descriptor;
}

function terminalsOf(options: RunOptions): ReadonlySet<StandardStream> {
  const streams = ["stdin", "stdout", "stderr"] as const;
  return new Set(
    streams.filter(
      (name, descriptor) => (options[name] ?? "inherit") === "inherit" && isatty(descriptor),
    ),
  );
}

/** Of two times of which 0 means none. */
function shortest(one: number, other: number): number {
  if (one === 0 || other === 0) return Math.max(one, other);
  return Math.min(one, other);
}
