import { JournalError, type JournalCode } from "../../journal/index.ts";
import { type RunCode, RunError } from "./error.ts";

/** An error on its way from the worker: classes do not survive the crossing. */
export type Failure =
  | {
      readonly kind: "journal";
      readonly code: JournalCode;
      readonly message: string;
      readonly hint: string | undefined;
    }
  | {
      readonly kind: "run";
      readonly code: RunCode;
      readonly message: string;
      readonly hint: string | undefined;
    }
  | { readonly kind: "bug"; readonly message: string; readonly stack: string };

export function describeFailure(error: unknown): Failure {
  if (error instanceof JournalError)
    return { kind: "journal", code: error.code, message: error.message, hint: error.hint };
  if (error instanceof Error)
    return { kind: "bug", message: error.message, stack: error.stack ?? error.message };
  return { kind: "bug", message: String(error), stack: "" };
}

export function errorOf(failure: Failure): JournalError | RunError {
  switch (failure.kind) {
    case "journal":
      return new JournalError(
        failure.code,
        failure.message,
        failure.hint === undefined ? {} : { hint: failure.hint },
      );
    case "run":
      return new RunError(
        failure.code,
        failure.message,
        failure.hint === undefined ? {} : { hint: failure.hint },
      );
    case "bug":
      return new RunError("failed", `The run failed in rewindfs itself: ${failure.message}`, {
        hint: "report it with this stack:\n" + failure.stack,
      });
  }
}
