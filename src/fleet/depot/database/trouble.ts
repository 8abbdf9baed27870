/** PostgreSQL's code for a full disk. */
const diskFull = "53100";

/**
 * Tells whether an error is of the database or the store, which does nothing of what it is asked now: "away", or "full".
 * undefined for what one request, or one journal, failed with.
 */
export function troubleIn(error: unknown): "store" | "full" | "database" | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "StoreError") return "store";
  const code = "code" in error ? error.code : undefined;
  if (code === diskFull) return "full";
  const isAway = typeof code === "string" && /^(?:08|25P03|57P0|53|ECONN|EPIPE)/.test(code);
  return isAway ? "database" : undefined;
}
