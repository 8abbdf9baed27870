import type { MessagePort } from "node:worker_threads";

import type { Durability, RunNumber, SharedMemory } from "../../journal/index.ts";
import type { Limits } from "../fs/index.ts";
import type { Failure } from "./failure.ts";
import type { Preopen } from "../wasi/index.ts";
import type { Guest } from "./guest.ts";
import type { Outcome } from "./outcome.ts";

/** What the worker needs to record a run. */
export interface RecordingOptions {
  readonly journal: string;
  readonly durability: Durability;
  readonly limits: Limits;
  readonly preopens: readonly Preopen[];
  /** `record`: reads and opens are events too. */
  readonly accesses: "record" | "ignore";
}

export type StandardStream = "stdin" | "stdout" | "stderr";

/** Where one of the guest's outputs goes: a descriptor of this process, the main thread, or nowhere. */
export type OutputTarget = number | "main" | "ignore";

/** Handed to the worker when it is made. */
export interface WorkerData {
  readonly control: SharedArrayBuffer;
  /** Of the scribe that writes the journal. */
  readonly scribe: SharedMemory;
}

/** Sent to the worker when the guest is loaded. */
export interface Start {
  readonly guest: Guest;
  readonly args: readonly string[];
  readonly environment: readonly (readonly [string, string])[];
  readonly recording: RecordingOptions;
  /** Requests for input one way, chunks the other; none when there is no input. */
  readonly stdin: MessagePort | undefined;
  readonly stdout: OutputTarget;
  readonly stderr: OutputTarget;
  readonly terminals: ReadonlySet<StandardStream>;
  readonly terminalOutput: TerminalOutput;
  readonly marshalling: Marshalling;
}

/** Whether a guest's escape sequences are shown on a terminal as text, or reach it. */
export type TerminalOutput = "visible" | "raw";

/** Who moves arguments and results between the guest's memory and the host: core functions of ours, or jco's glue. */
export type Marshalling = "core" | "glue";

/** What the worker says. */
export type WorkerMessage =
  | { readonly kind: "started"; readonly run: RunNumber }
  | { readonly kind: "output"; readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }
  | { readonly kind: "ended"; readonly outcome: Outcome; readonly notes: readonly string[] }
  /** The run could not begin, or its end could not be recorded. */
  | { readonly kind: "failed"; readonly failure: Failure };
