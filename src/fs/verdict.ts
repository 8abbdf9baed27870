/**
 * "refused" if a border, a permission, a limit or a rule forbade the call; "failed" if the state of things did not
 * allow it.
 */
export type Verdict = "refused" | "failed";

/** The codes that refuse a call in any state of the tree. */
const refusing: ReadonlySet<string> = new Set([
  "access",
  "not-permitted",
  "read-only",
  "quota",
  "insufficient-space",
  "insufficient-memory",
  "too-many-links",
]);

/** Returns the verdict on a call by its error code and the limit that was reached, if any. */
export function verdictOf({
  error,
  limit,
}: {
  readonly error: string;
  readonly limit?: string | undefined;
}): Verdict {
  return limit !== undefined || refusing.has(error) ? "refused" : "failed";
}

/**
 * Tells if a decision of a rule, or of the one whom it asked, kept a call from happening. Of decisions that were too many
 * to be told apart it says yes.
 */
export function isDenial(action: string): boolean {
  return !/^(?:mark|ask -> allow)$/.test(action);
}
