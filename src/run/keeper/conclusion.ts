import { type Stop, stops } from "../ending/control.ts";
import type { Outcome } from "../ending/outcome.ts";

/** How the guest ended, and what a person may want to know. */
export interface Conclusion {
  readonly outcome: Outcome;
  readonly notes: readonly string[];
}

/** Why a guest's process was ended that left behind, or sent, what no honest one does. */
export function breachReason(error: Error): string {
  return `the guest's process broke the rules: ${error.message}`;
}

/** How a guest ended whose process broke the rules. Where it was to end in any case, that counts. */
export function breached(error: Error, stopped: Stop | undefined): Conclusion {
  const reason = breachReason(error);
  if (stopped !== undefined) {
    const { exit, reason: why } = stops[stopped];
    return { outcome: { kind: "stopped", exit, reason: why }, notes: [reason] };
  }
  const report =
    "The guest's process recorded or asked what no guest can through its host calls, and was ended. What it had recorded before stands. Take the guest for hostile.";
  return { outcome: { kind: "failed", exit: 125, reason, report }, notes: [] };
}

/** What the journal tells of a guest's end. */
export function endOf(outcome: Outcome): { readonly exit: number; readonly reason?: string } {
  return outcome.kind === "exited"
    ? { exit: outcome.exit }
    : { exit: outcome.exit, reason: outcome.reason };
}
