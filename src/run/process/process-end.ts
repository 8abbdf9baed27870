import { type Stop, stops } from "../ending/control.ts";
import type { ProcessEnd } from "./guest-process.ts";
import type { Outcome } from "../ending/outcome.ts";

/** Hint for a heap too small for the tree of files and the guest's open handles. */
export const moreHeap =
  "lower --limit inodes or --limit descriptors, or give more with NODE_OPTIONS=--max-old-space-size=MEBIBYTES";

/** Returns the outcome of a guest whose process ended without reporting one. */
export function endedOutcome(
  { code, signal, talk, error }: ProcessEnd,
  stopped: Stop | undefined,
): Extract<Outcome, { readonly kind: "stopped" | "failed" }> {
  if (stopped !== undefined) {
    const { exit, reason } = stops[stopped];
    return { kind: "stopped", exit, reason };
  }
  if (/heap out of memory|Fatal process out of memory|ERR_WORKER_OUT_OF_MEMORY/.test(talk)) {
    return failed(
      "host failure: the files and handles that the guest's process keeps fill its heap",
      `The heap of the guest's process is full: ${moreHeap}`,
    );
  }
  // Bytes that are no frames.
  if (error instanceof RangeError) return brokenRules(error);
  const how = error?.message ?? (signal === null ? `exit code ${code}` : signal);
  const reason = `host failure: the guest's process ended without a word (${how})`;
  return failed(reason, talk.trim() === "" ? reason : talk.trim());
}

/** Returns the outcome of a guest whose process left or sent something that no honest one does. */
export function brokenRules(error: Error): Extract<Outcome, { readonly kind: "failed" }> {
  return failed(
    breachReason(error),
    "The guest's process recorded or asked something that no guest can through its host calls, and was ended. Everything it had recorded before stays. Treat the guest as hostile.",
  );
}

export function breachReason(error: Error): string {
  return `the guest's process broke the rules: ${error.message}`;
}

function failed(reason: string, report: string): Extract<Outcome, { kind: "failed" }> {
  return { kind: "failed", exit: 125, reason, report };
}
