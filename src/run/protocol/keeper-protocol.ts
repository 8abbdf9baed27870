import type { MessagePort } from "node:worker_threads";

import type { Durability, Event, RunNumber } from "../../../journal/index.ts";
import type { PutBackResult } from "../../attach/index.ts";
import type { Limits } from "../../fs/index.ts";
import type { Question, Rule } from "../../rules/index.ts";
import type { Preopen } from "../../wasi/index.ts";
import type { Order } from "../ending/control.ts";
import type { Failure } from "../ending/failure.ts";
import type { Isolation } from "../isolation/index.ts";
import type { Marshalling, StandardStream } from "./jobs.ts";
import type { Outcome } from "../ending/outcome.ts";

/**
 * Destination of one of the guest's outputs: a descriptor of this process, the thread that asked for the run, or
 * nowhere.
 */
export type OutputTarget = number | "caller" | "ignore";

/** Shows a guest's escape sequences on a terminal as text, or lets them through. */
export type TerminalOutput = "visible" | "raw";

/** A folder of the host, and the path that it has in the filesystem. */
export interface RunFolder {
  readonly host: string;
  readonly guest: string;
}

/** A request to a keeper for a run. */
export interface RunRequest {
  readonly kind: "run";
  readonly guest: string;
  readonly args: readonly string[];
  readonly environment: readonly (readonly [string, string])[];
  readonly labels?: ReadonlyMap<string, string>;
  readonly journal: string;
  readonly durability: Durability;
  readonly limits: Limits;
  readonly preopens: readonly Preopen[];
  /** Folders whose promised bytes may be read. */
  readonly folders: readonly RunFolder[];
  /** `record`: reads and opens are events too. */
  readonly accesses: "record" | "ignore";
  /** 0: no limit. */
  readonly timeoutSeconds: number;
  /** Carries requests for input one way, chunks (null at the end) the other; none without input. */
  readonly stdin: MessagePort | undefined;
  readonly stdout: OutputTarget;
  readonly stderr: OutputTarget;
  readonly terminals: ReadonlySet<StandardStream>;
  readonly terminalOutput: TerminalOutput;
  readonly marshalling: Marshalling;
  readonly cacheFolder: string;
  readonly isolation: Isolation;
  /** The rules that the guest's calls are held to; none if it is empty. */
  readonly rules: readonly Rule[];
  /** Tells if a debugger may hold its calls. */
  readonly attachable: boolean;
  /** "told": whoever started the run is told of each event. */
  readonly events: "told" | "kept";
  readonly instead?: Instead;
}

/** Replacements by which tests try what an attacker in a guest's process can do. */
export interface Instead {
  /** The script that runs in the guest's process. */
  readonly program?: string;
  /** Time that this process may take until the guest can begin. */
  readonly readySeconds?: number;
}

/** A message to the keeper. */
export type ToKeeper = RunRequest | Order;

/** A message of the keeper's. */
export type FromKeeper =
  | { readonly kind: "started"; readonly run: RunNumber }
  /** A rule asks about a call of the guest, which waits for the answer. */
  | { readonly kind: "question"; readonly id: number; readonly question: Question }
  /** The answer to each order to hold calls, in their order. */
  | { readonly kind: "holding" }
  /** The guest waits for its answer no more. */
  | { readonly kind: "withdrawn"; readonly id: number }
  /** The result of what a person wanted put back. */
  | { readonly kind: "put-back"; readonly id: number; readonly result: PutBackResult }
  /** Events in their order, if they are to be told. */
  | { readonly kind: "events"; readonly events: readonly Event[] }
  | { readonly kind: "output"; readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }
  | {
      readonly kind: "ended";
      readonly run: RunNumber;
      readonly digest: string;
      readonly outcome: Outcome;
      readonly notes: readonly string[];
    }
  /** The run could not begin, or its end could not be recorded. */
  | { readonly kind: "failed"; readonly failure: Failure };
