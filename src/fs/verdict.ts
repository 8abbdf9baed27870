/** Why a call came to nothing: a border, a permission, a limit or a rule forbade it, or things were not as it wanted. */
export type Verdict = "refused" | "failed";

/** Codes that say no whatever stands in the tree. */
const refusing: ReadonlySet<string> = new Set([
  "not-permitted",
  "quota",
  "insufficient-space",
  "insufficient-memory",
  "too-many-links",
]);

/** Returns the verdict on a call by its error code and the limit that was hit, where one was. */
export function verdictOf({
  error,
  limit,
}: {
  readonly error: string;
  readonly limit?: string | undefined;
}): Verdict {
  return limit !== undefined || refusing.has(error) ? "refused" : "failed";
}
