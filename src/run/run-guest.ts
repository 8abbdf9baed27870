import { resolve } from "node:path";
import { isatty } from "node:tty";

import type { Durability, Event, RunNumber } from "../../journal/index.ts";
import { Attachment } from "../attach/index.ts";
import { type Limits, profiles } from "../fs/index.ts";
import type { Rule } from "../rules/index.ts";
import type { Preopen } from "../wasi/index.ts";
import { type AskOptions, Asking } from "./asking/asking.ts";
import { type BeforeChange, askWith, rulesWith } from "./asking/before-change.ts";
import { Heard } from "./person/heard.ts";
import { Orders } from "./person/orders.ts";
import { tellBefore } from "./asking/tell-before.ts";
import { defaultCacheFolder } from "./translate/cache-folder.ts";
import { Controller, type Order, stopOfReason } from "./ending/control.ts";
import { RunError } from "./ending/error.ts";
import { labelsIn } from "./labels.ts";
import { errorOf } from "./ending/failure.ts";
import type { RunResult } from "./ending/result.ts";
import { type Input, openInput } from "./input.ts";
import type { Isolation } from "./isolation/index.ts";
import type { Marshalling, StandardStream } from "./protocol/jobs.ts";
import { type KeeperThread, startKeeper } from "./keeper/keeper.ts";
import type {
  FromKeeper,
  Instead,
  OutputTarget,
  RunFolder,
  RunRequest,
  TerminalOutput,
} from "./protocol/keeper-protocol.ts";
import { moreHeap } from "./process/process-end.ts";

/** Destination of the guest's output: this process's own, a function, or nowhere. */
export type Output = "inherit" | "ignore" | ((bytes: Uint8Array) => void);

/** Selects the guest, its arguments, and its limits. */
export interface RunOptions {
  /** Path of a .wasm file, or "python". */
  readonly guest: string;
  /** Arguments after the guest's name. */
  readonly args?: readonly string[];
  /** Variables for the guest, which sees none of the host's. */
  readonly environment?: ReadonlyMap<string, string>;
  /** Words that the run is found by. */
  readonly labels?: ReadonlyMap<string, string> | Readonly<Record<string, string>> | undefined;
  /** The journal's file, made if missing. */
  readonly journal: string;
  /** "process" by default. */
  readonly durability?: Durability;
  /** The default profile by default. */
  readonly limits?: Limits;
  /** Folders that the guest can reach; "/", read-write, by default. An empty list is nothing. */
  readonly preopens?: readonly Preopen[];
  /**
   * Folders of the host that were listed before (an import with bytes "when needed"), and the paths that they have in
   * the filesystem: the bytes of their files are read when the guest reads or changes them.
   */
  readonly folders?: readonly RunFolder[];
  /** "record" makes events of reads and opens too. */
  readonly accesses?: "record" | "ignore";
  /** Wall time; the smaller of this and the limit `seconds` counts. 0: no limit. */
  readonly timeoutSeconds?: number;
  readonly stdin?: Input;
  readonly stdout?: Output;
  readonly stderr?: Output;
  /** "visible" by default: on a terminal the guest's escape sequences are shown as text. "raw" lets them through. */
  readonly terminalOutput?: TerminalOutput;
  /** Ends the guest when it aborts; a reason of "SIGINT", "SIGTERM" or "SIGHUP" says how. */
  readonly signal?: AbortSignal;
  /**
   * Separation of the guest's process from this machine: "auto" by default, the best available, with a note on what is
   * missing; "required" fails without it; "none" is an ordinary process.
   */
  readonly isolation?: Isolation;
  /**
   * "core" by default; "glue" is several times slower, and the same to the guest.
   * @internal
   */
  readonly marshalling?: Marshalling;
  /** Rules that the guest's calls are held to; the first one that fits a call counts. */
  readonly rules?: readonly Rule[];
  /** Answers questions where a rule asks. */
  readonly ask?: AskOptions;
  /**
   * Is asked about each change of a file that no rule decides, before it is made: the guest waits for the answer. It denies
   * by throwing, too.
   */
  readonly beforeChange?: BeforeChange;
  /** Called with each event of the run, in order, as soon as it is recorded. What it throws, ends the run's promise. */
  readonly onEvent?: (event: Event) => void;
  /** With `onEvent`: first come the events of the journal after this one. */
  readonly since?: number;
  /** Lets a debugger of this user attach, and hold calls. Default: no. */
  readonly attachable?: boolean;
  /** Folder where translated guests are kept. */
  readonly cacheFolder?: string;
  /**
   * Called when the run is in the journal, before the guest's first host call. "hold" keeps the guest there until the
   * controller resumes it.
   */
  readonly onStart?: (run: RunNumber, controller: Controller) => "hold" | void;
}

/** Runs a guest on the journal's filesystem, and resolves once it has ended. Throws RunError, JournalError. */
export async function runGuest(options: RunOptions): Promise<RunResult> {
  return runGuestOn(startKeeper(), options);
}

/** Runs a guest with a keeper that was started before, and that it ends. `instead` is for tests. */
export async function runGuestOn(
  keeper: KeeperThread,
  options: RunOptions,
  instead: Instead = {},
): Promise<RunResult> {
  const { worker } = keeper;
  const controller = new Controller((order) => worker.postMessage(order satisfies Order));
  using input = openInput(options.stdin ?? "inherit");
  const orders = new Orders((id, order) =>
    worker.postMessage({ kind: "put-back", id, order } satisfies Order),
  );
  const holding = new Heard();
  using attachment =
    options.attachable === true
      ? new Attachment(options.guest, {
          hold: async (rules) => {
            worker.postMessage({ kind: "hold", rules } satisfies Order);
            return holding.next();
          },
          putBack: (order) => orders.give(order),
        })
      : undefined;
  using asking = new Asking(askWith(options), async (question, signal) =>
    attachment?.ask(question, signal),
  );
  const { signal } = options;
  const onAbort = (): void => controller.stop(stopOfReason(signal?.reason));
  signal?.addEventListener("abort", onAbort);
  let run: RunNumber | undefined;
  /** True once the keeper has reported the run's end: stopping its thread then is no end of its own. */
  let isTold = false;
  try {
    return await new Promise<RunResult>((resolve, reject) => {
      worker.on("message", (message: FromKeeper) => {
        switch (message.kind) {
          case "started":
            run = message.run;
            if (options.onEvent !== undefined && options.since !== undefined)
              tellBefore(options.journal, options.since, message.run, options.onEvent);
            attachment?.listen(options.journal);
            if (options.onStart?.(message.run, controller) !== "hold") controller.resume();
            return;
          case "events":
            for (const event of message.events) options.onEvent?.(event);
            return;
          case "question": {
            // The guest waits, and reads nothing meanwhile.
            const takeBack = input.lend();
            void asking.answer(message.id, message.question).then((given) => {
              takeBack();
              worker.postMessage({ kind: "answer", id: message.id, given } satisfies Order);
            });
            return;
          }
          case "holding":
            return holding.heard();
          case "withdrawn":
            return asking.withdraw(message.id);
          case "put-back":
            return orders.answered(message.id, message.result);
          case "output": {
            const sink = options[message.stream];
            if (typeof sink === "function") sink(message.bytes);
            worker.postMessage({ kind: "took", bytes: message.bytes.length } satisfies Order);
            return;
          }
          case "ended": {
            isTold = true;
            const { run, digest, outcome, notes } = message;
            return resolve({ run, digest, outcome, notes: [...notes, ...asking.notes()] });
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
    ...(options.labels === undefined ? {} : { labels: labelsIn(options.labels) }),
    journal: options.journal,
    durability: options.durability ?? "process",
    limits,
    preopens: options.preopens ?? [{ path: "/", access: "read-write" }],
    folders: (options.folders ?? []).map(({ host, guest }) => ({ host: resolve(host), guest })),
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
    rules: rulesWith(options),
    attachable: options.attachable ?? false,
    events: options.onEvent === undefined ? "kept" : "told",
  };
}

/** Ends a run, if it had begun, whose keeper thread is gone, and the guest with it. */
async function concludeWithout(
  { journal, durability = "process" }: RunOptions,
  run: RunNumber | undefined,
  error: unknown,
): Promise<RunResult> {
  const isFull =
    error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
  const text = error instanceof Error ? error.message : "it ended without a word";
  const why = `the thread that keeps the journal is gone: ${isFull ? "its heap is full" : text}`;
  const hint = isFull ? moreHeap : "the journal has the guest's events until then";
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

/** Returns the shorter of two times, where 0 means none. */
function shortest(one: number, other: number): number {
  if (one === 0 || other === 0) return Math.max(one, other);
  return Math.min(one, other);
}
