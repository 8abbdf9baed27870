/** Why the host ended a guest, with the exit code that `rewindfs run` gives and the reason in the journal. */
export const stops: Readonly<Record<Stop, { readonly exit: number; readonly reason: string }>> = {
  timeout: { exit: 124, reason: "timeout" },
  interrupt: { exit: 130, reason: "interrupted" },
  terminate: { exit: 143, reason: "interrupted" },
  abort: { exit: 130, reason: "interrupted" },
};

/** Why a guest is ended. */
export type Stop = "timeout" | "interrupt" | "terminate" | "abort";

/** Returns how a guest is to be ended for what a signal was aborted with: a name of SIGINT, SIGTERM or SIGHUP says it. */
export function stopOfReason(reason: unknown): Stop {
  if (reason === "SIGINT") return "interrupt";
  return reason === "SIGTERM" || reason === "SIGHUP" ? "terminate" : "abort";
}

/** What the one who started a run tells its keeper. */
export type Order =
  | { readonly kind: "pause" | "resume" }
  | { readonly kind: "stop"; readonly stop: Stop }
  /** Output that was handed over was dealt with. */
  | { readonly kind: "took"; readonly bytes: number };

/** The hand on a running guest. */
export class Controller {
  readonly #give: (order: Order) => void;

  /** @internal */
  constructor(give: (order: Order) => void) {
    this.#give = give;
  }

  /** Holds the guest where it is. */
  pause(): void {
    this.#give({ kind: "pause" });
  }

  /** Lets it go on. */
  resume(): void {
    this.#give({ kind: "resume" });
  }

  /** Ends the guest at once, whatever it does. The first reason given counts. */
  stop(stop: Stop): void {
    this.#give({ kind: "stop", stop });
  }
}
