import { type Durability, type RunNumber, openWriter } from "../../journal/index.ts";

/**
 * Ends a run whose keeper is gone, with everything its guest's process had recorded. Returns the guest's digest. Throws
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
    // The keeper may have recorded its end after all.
    const known = journal.run(run);
    if (known?.end === undefined) journal.append({ kind: "run-end", exit: 125, reason });
    journal.commit();
    return known?.start.digest ?? "";
  } finally {
    journal.close();
  }
}
