/** A depot that did not do what it was asked. `hint` says what the user can do next. */
export class DepotError extends Error {
  override readonly name = "DepotError";
  readonly code: DepotCode;
  readonly hint: string | undefined;

  constructor(code: DepotCode, message: string, hint?: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.hint = hint;
  }
}

/**
 * The reason: the depot did not answer in time ("away"); the token does not allow it ("forbidden"); the depot has no such
 * journal ("missing"); it has other events of this journal ("diverged"); its key is not the one that is known ("untrusted"); what it sent, or was sent, is not whole
 * ("damaged"); the call makes no sense ("usage").
 */
export type DepotCode =
  | "away"
  | "forbidden"
  | "missing"
  | "diverged"
  | "untrusted"
  | "damaged"
  | "usage";
