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
 * Why: nobody answered, or not in time; the token does not allow it; there is no such journal; the journal here is not
 * the one that the depot has; what the depot sent, or was sent, is not whole; the question makes no sense.
 */
export type DepotCode = "away" | "forbidden" | "missing" | "diverged" | "damaged" | "usage";
