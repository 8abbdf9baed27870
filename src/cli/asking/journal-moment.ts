import { realpathSync, statSync } from "node:fs";

import { UsageError } from "../command/failure.ts";

/** A moment of a journal that was named with it: FILE@REV. */
export interface JournalMoment {
  readonly file: string;
  readonly revision: string;
}

/**
 * Parses FILE@REV, where REV may be empty for now, or -3 for three events before it. Undefined for a text that names
 * no file.
 */
export function journalMomentIn(text: string): JournalMoment | undefined {
  for (let at = text.indexOf("@", 1); at !== -1; at = text.indexOf("@", at + 1)) {
    const file = text.slice(0, at);
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const revision = text.slice(at + 1);
    return { file, revision: /^(?:-\d*)?\^?$/.test(revision) ? `@${revision}` : revision };
  }
  return undefined;
}

/** Throws UsageError for a text like FILE@REV whose file there is not. */
export function requireJournal(text: string): void {
  const at = text.startsWith("mark:") ? -1 : text.indexOf("@", 1);
  if (at === -1) return;
  throw new UsageError(
    `there is no journal ${text.slice(0, at)}`,
    "FILE@REV is a moment of a journal of that name",
  );
}

/** Tells if two names lead to one file. */
export function isSameFile(one: string, other: string): boolean {
  if (one === other) return true;
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    // A journal that is missing is reported when it is opened.
    return false;
  }
}
