import { createHash } from "node:crypto";
import { isTraceparent } from "../text/index.ts";

/** Most characters of a label that a client chooses. */
const mostLabel = 200;

/** Returns a label as a journal takes it, whatever a client sends, also where the cut goes through a surrogate pair. */
export function labelOf(value: string | number): string {
  return String(value).slice(0, mostLabel).toWellFormed();
}

/** Returns what a client says of a call beside what it gives: the trace that it belongs to, its session and its turn. */
export function labelsSaid(
  meta: Readonly<Record<string, unknown>> | undefined,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ["traceparent", "session", "turn"] as const) {
    const value = meta?.[name];
    if (typeof value !== "string" && typeof value !== "number") continue;
    // A trace that is none would be found by nobody.
    if (name === "traceparent" && !isTraceparent(String(value))) continue;
    found[name] = labelOf(value);
  }
  return found;
}

/** Returns the first characters of a SHA-256 of a prompt, whose words may be nobody else's business. */
export function digestOf(words: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of words) hash.update(text);
  return hash.digest("hex").slice(0, 16);
}
