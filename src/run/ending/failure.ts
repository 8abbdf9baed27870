import type { JournalCode, JournalError } from "../../../journal/index.ts";
import { MisfitError } from "../../fs/index.ts";
import { type RunCode, RunError } from "./error.ts";

/** An error on its way from the worker thread: classes do not survive the transfer. */
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

/** Rebuilds the error. Loads the journal's code, which a successful run does not need in this thread. */
export async function errorOf(failure: Failure): Promise<JournalError | RunError> {
  switch (failure.kind) {
    case "journal": {
      const { JournalError } = await import("../../../journal/index.ts");
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

/** Encodes a refusal as JSON for a guest's process. */
export function describeRefusal({ code, message, hint }: JournalError): Buffer {
  return Buffer.from(JSON.stringify({ code, message, hint }));
}

/** Decodes the result of `describeRefusal`. It comes from the keeper, which is trusted. */
export function parseRefusal(bytes: Buffer): {
  readonly code: JournalCode;
  readonly message: string;
  readonly hint?: string;
} {
  return JSON.parse(bytes.toString("utf8")) as ReturnType<typeof parseRefusal>;
}

/** Decodes a failure that a guest's process reports. It is not trusted: codes of the journal are not taken from it. */
export function parseFailure(bytes: Buffer): Failure {
  const value: unknown = JSON.parse(bytes.toString("utf8"));
  const { kind, code, message, hint, stack } = (value ?? {}) as Record<string, unknown>;
  const text = clipped(message);
  const hinted = hint === undefined ? undefined : clipped(hint);
  if (kind === "run" && code === "not-runnable")
    return { kind: "run", code: "not-runnable", message: text, hint: hinted };
  if (kind === "run" || kind === "journal")
    return { kind: "run", code: "failed", message: text, hint: hinted };
  return { kind: "bug", message: text, stack: clipped(stack) };
}

/** Shortens a text from a guest's process. */
export function clipped(text: unknown): string {
  return typeof text === "string" ? text.toWellFormed().slice(0, mostText).toWellFormed() : "";
}

const mostText = 16 * 1024;
