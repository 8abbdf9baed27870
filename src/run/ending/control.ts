import type { PutBack } from "../../attach/index.ts";
import type { Rule } from "../../rules/index.ts";
import type { Given } from "../asking/asking.ts";

/** Maps why the host ended a guest to the exit code of `rewindfs run` and the reason in the journal. */
export const stops: Readonly<Record<Stop, { readonly exit: number; readonly reason: string }>> = {
  timeout: { exit: 124, reason: "timeout" },
  interrupt: { exit: 130, reason: "interrupted" },
  terminate: { exit: 143, reason: "interrupted" },
  abort: { exit: 130, reason: "interrupted" },
  answer: { exit: 130, reason: "stopped by the answer to a rule" },
  fork: { exit: 130, reason: "stopped by the answer to a rule, to go on in a copy" },
  processes: { exit: 137, reason: "it went on starting processes at its limit" },
};

/** Why the host ends a guest. */
export type Stop =
  | "timeout"
  | "interrupt"
  | "terminate"
  | "abort"
  | "answer"
  | "fork"
  | "processes";

/** Returns how to end a guest for the reason of an aborted signal: SIGINT, SIGTERM or SIGHUP by name. */
export function stopOfReason(reason: unknown): Stop {
  if (reason === "SIGINT") return "interrupt";
  return reason === "SIGTERM" || reason === "SIGHUP" ? "terminate" : "abort";
}

/** Returns the exit code of a command that such a signal ended. */
export function exitOfSignal({ reason }: AbortSignal): number {
  return stops[stopOfReason(reason)].exit;
}

/** A message to a run's keeper from the thread that started the run. */
export type Order =
  | { readonly kind: "pause" | "resume" }
  | { readonly kind: "stop"; readonly stop: Stop }
  /** A debugger wants the calls held that fit these rules, and no others. */
  | { readonly kind: "hold"; readonly rules: readonly Rule[] }
  /** A person wants something put back. */
  | { readonly kind: "put-back"; readonly id: number; readonly order: PutBack }
  /** The caller has dealt with output that it was given. */
  | { readonly kind: "took"; readonly bytes: number }
  /** Somebody has answered a question about a call. */
  | { readonly kind: "answer"; readonly id: number; readonly given: Given };

/** Controls a running guest. */
export class Controller {
  readonly #give: (order: Order) => void;

  /** @internal */
  constructor(give: (order: Order) => void) {
    this.#give = give;
  }

  /** Stops the guest until `resume`. */
  pause(): void {
    this.#give({ kind: "pause" });
  }

  /** Lets the guest go on. */
  resume(): void {
    this.#give({ kind: "resume" });
  }

  /** Ends the guest at once, whatever it is doing. The first reason given counts. */
  stop(stop: Stop): void {
    this.#give({ kind: "stop", stop });
  }
}
