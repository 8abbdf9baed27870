import type { RunNumber } from "../../../journal/index.ts";
import type { Outcome } from "./outcome.ts";

/** The result of a run. */
export interface RunResult {
  readonly run: RunNumber;
  /** SHA-256 of the guest, in hex. */
  readonly digest: string;
  readonly outcome: Outcome;
  /** Notes for a person, one sentence each. */
  readonly notes: readonly string[];
}
