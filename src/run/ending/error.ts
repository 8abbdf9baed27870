import { stopOfReason, stops } from "./control.ts";

/**
 * Why a guest could not be run. `missing`: no such file. `not-runnable`: the file is no program that can be run here.
 * `stopped`: it was stopped before it began. `failed`: the machinery around the guest failed, not the guest.
 */
export type RunCode = "missing" | "not-runnable" | "stopped" | "failed";

/** Reports a guest that could not be started, or a run that could not go on. `hint` says what the user can do next. */
export class RunError extends Error {
  override readonly name = "RunError";
  readonly code: RunCode;
  readonly hint: string | undefined;

  constructor(code: RunCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** Returns the exit code of `rewindfs run` for a guest that could not be run: if a signal stopped it, that signal's. */
export function exitOfRunError({ code }: RunError, signal?: AbortSignal): number {
  return code === "stopped" && signal?.aborted === true
    ? stops[stopOfReason(signal.reason)].exit
    : exitOfRunCode[code];
}

const exitOfRunCode: Readonly<Record<RunCode, number>> = {
  missing: 127,
  "not-runnable": 126,
  stopped: 130,
  failed: 125,
};
