import { type Durability, type RunNumber, openWriter } from "../../journal/index.ts";

/**
 * Ends a run whose keeper is gone, with all that its guest's process had recorded. Gives the guest's digest. Throws
 * JournalError.
 */
export function endAbandonedRun(
  file: string,
  durability: Durability,
  run: RunNumber,
  reason: string,
): string {
  const journal = openWriter(file, { durability });
  try {
    // Its keeper may have come so far after all.
    const known = journal.run(run);
    if (known?.end === undefined) journal.append({ kind: "run-end", exit: 125, reason });
    journal.commit();
    return known?.start.digest ?? "";
  } finally {
    journal.close();
  }
}
