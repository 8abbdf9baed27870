import { BreachError } from "../../../journal/index.ts";
import { type Stop, stops } from "../ending/control.ts";
import { RunError } from "../ending/error.ts";
import type { Failure } from "../ending/failure.ts";
import type { Outcome } from "../ending/outcome.ts";
import { breachReason, brokenRules } from "../process/process-end.ts";

/** The guest's end, and notes for a person. */
export interface Conclusion {
  readonly outcome: Outcome;
  readonly notes: readonly string[];
}

/** Tells if an error in what a guest's process sent is its own fault. */
export function breaksRules(error: unknown): error is Error {
  return (
    error instanceof BreachError || error instanceof RangeError || error instanceof SyntaxError
  );
}

/** Returns the conclusion for a guest whose process broke the rules. If it was stopped anyway, that counts. */
export function breached(error: Error, stopped: Stop | undefined): Conclusion {
  if (stopped !== undefined) {
    const { exit, reason } = stops[stopped];
    return { outcome: { kind: "stopped", exit, reason }, notes: [breachReason(error)] };
  }
  return { outcome: brokenRules(error), notes: [] };
}

/** Returns the end as the journal records it. */
export function endOf(outcome: Outcome): { readonly exit: number; readonly reason?: string } {
  return outcome.kind === "exited"
    ? { exit: outcome.exit }
    : { exit: outcome.exit, reason: outcome.reason };
}

/** Returns the conclusion for a guest whose host failed. */
export function failed(failure: Failure): Conclusion {
  const report = failure.kind === "bug" ? failure.stack : failure.message;
  const reason = `host failure: ${failure.message}`;
  return { outcome: { kind: "failed", exit: 125, reason, report }, notes: [] };
}

/** Returns the error of a run whose process ended, or broke the rules, before the guest could begin. */
export function neverBegan(end: Error | Exclude<Outcome, { readonly kind: "exited" }>): RunError {
  const reason = end instanceof Error ? breachReason(end) : end.reason;
  const hint = "report" in end ? { hint: end.report } : {};
  return new RunError("failed", `The run did not begin: ${reason}`, hint);
}
