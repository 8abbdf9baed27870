import type { JournalCode, JournalError } from "../../journal/index.ts";
import { MisfitError } from "../fs/index.ts";
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
  if (isJournalError(error))
    return { kind: "journal", code: error.code, message: error.message, hint: error.hint };
  if (error instanceof MisfitError)
    return { kind: "journal", code: "damaged", message: error.message, hint: error.hint };
  if (error instanceof RunError)
    return { kind: "run", code: error.code, message: error.message, hint: error.hint };
  if (error instanceof Error)
    return { kind: "bug", message: error.message, stack: error.stack ?? error.message };
  return { kind: "bug", message: String(error), stack: "" };
}

function isJournalError(error: unknown): error is JournalError {
  return error instanceof Error && error.name === "JournalError";
}

/** The error that was described. Loads the journal's code, which a run that goes well does without in this thread. */
export async function errorOf(failure: Failure): Promise<JournalError | RunError> {
  switch (failure.kind) {
    case "journal": {
      const { JournalError } = await import("../../journal/index.ts");
      return new JournalError(failure.code, failure.message, hintOf(failure.hint));
    }
    case "run":
      return new RunError(failure.code, failure.message, hintOf(failure.hint));
    case "bug":
      return new RunError("failed", `The run failed in rewindfs itself: ${failure.message}`, {
        hint: `report it with this stack:\n${failure.stack}`,
      });
  }
}

function hintOf(hint: string | undefined): { readonly hint?: string } {
  return hint === undefined ? {} : { hint };
}
