/** Most characters of a label that a client chooses. */
const mostLabel = 200;

/** Returns a label as a journal takes it, whatever a client sends, also where the cut goes through a surrogate pair. */
export function labelOf(value: string | number): string {
  return String(value).slice(0, mostLabel).toWellFormed();
}
