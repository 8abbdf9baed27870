import { createHash } from "node:crypto";

/** Most characters of a label that a client chooses. */
const mostLabel = 200;

/** Returns a label as a journal takes it, whatever a client sends, also where the cut goes through a surrogate pair. */
export function labelOf(value: string | number): string {
  return String(value).slice(0, mostLabel).toWellFormed();
}

/** Returns the first characters of a SHA-256 of a prompt, whose words may be nobody else's business. */
export function digestOf(words: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of words) hash.update(text);
  return hash.digest("hex").slice(0, 16);
}
