import { isatty } from "node:tty";

import type { Durability, RunNumber } from "../../journal/index.ts";
import { type Limits, profiles } from "../fs/index.ts";
import type { Preopen } from "../wasi/index.ts";
import { defaultCacheFolder } from "./cache-folder.ts";
import { keepCalls } from "./calls.ts";
import { Controller } from "./control.ts";
import { type Guest, loadGuest } from "./guest.ts";
import { type Input, openInput } from "./input.ts";
import type { Outcome } from "./outcome.ts";
import { supervise } from "./supervise.ts";
import { type Threads, startThreads } from "./threads.ts";
import type {
  Marshalling,
  OutputTarget,
  StandardStream,
  Start,
  TerminalOutput,
} from "./worker-protocol.ts";

/** Where the guest's output goes: this process's own, a function, or nowhere. */
export type Output = "inherit" | "ignore" | ((bytes: Uint8Array) => void);

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
  /** "core" unless given; "glue" is several times slower, and the same to the guest. */
  readonly marshalling?: Marshalling;
  /** Where translated guests are kept. */
  readonly cacheFolder?: string;
  /**
   * Called when the run is in the journal, before the guest's first host call. "hold" keeps the guest there until the
   * controller resumes it.
   */
  readonly onStart?: (run: RunNumber, controller: Controller) => "hold" | void;
}

export interface RunResult {
  readonly run: RunNumber;
  /** SHA-256 of the guest, in hex. */
  readonly digest: string;
  readonly outcome: Outcome;
  /** What a person may want to know, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Runs a guest on the journal's filesystem, and returns when it has ended. A process that runs several calls this from
 * one thread that outlives them all: it keeps what V8 must not free between them. Throws RunError, JournalError.
 */
export async function runGuest(options: RunOptions): Promise<RunResult> {
  return run(startThreads(), options, ({ name, calls }) => keepCalls(name, calls));
}

/** The same for a process that runs one guest, with threads that were started before, and are ended by it. */
export async function runGuestOn(threads: Threads, options: RunOptions): Promise<RunResult> {
  return run(threads, options, () => {});
}

async function run(
  threads: Threads,
  options: RunOptions,
  prepare: (guest: Guest) => void,
): Promise<RunResult> {
  const { limits = profiles.default } = options;
  const controller = new Controller(threads.control);
  using input = openInput(options.stdin ?? "inherit", controller);
  try {
    const guest = await loadGuest(options.guest, {
      cacheFolder: options.cacheFolder ?? defaultCacheFolder(),
      memoryBytes: limits.memory,
    });
    prepare(guest);
    const start: Start = {
      guest,
      args: options.args ?? [],
      environment: [...(options.environment ?? [])],
      recording: {
        journal: options.journal,
        durability: options.durability ?? "process",
        limits,
        preopens: options.preopens ?? [{ path: "/", access: "read-write" }],
        accesses: options.accesses ?? "ignore",
      },
      stdin: input.port,
      stdout: targetOf(options.stdout, 1),
      stderr: targetOf(options.stderr, 2),
      terminals: terminalsOf(options),
      terminalOutput: options.terminalOutput ?? "visible",
      marshalling: options.marshalling ?? "core",
    };
    const { run, outcome, notes } = await supervise(threads.guest, controller, {
      start,
      timeoutSeconds: shortest(options.timeoutSeconds ?? 0, limits.seconds),
      signal: options.signal,
      onOutput: { stdout: sinkOf(options.stdout), stderr: sinkOf(options.stderr) },
      onStart: (number) => options.onStart?.(number, controller),
      settle: () => threads.scribe.stop(),
    });
    return { run, digest: guest.digest, outcome, notes: [...guest.notes, ...notes] };
  } finally {
    await threads.stop();
  }
}

function targetOf(output: Output | undefined, descriptor: number): OutputTarget {
  if (typeof output === "function") return "main";
  return output === "ignore" ? "ignore" : descriptor;
}

function sinkOf(output: Output | undefined): (bytes: Uint8Array) => void {
  return typeof output === "function" ? output : () => {};
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
