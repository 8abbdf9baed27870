import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";

import type { Durability, JournalWriter } from "../../journal/index.ts";
import type { Limits } from "../fs/index.ts";
import { FileSystem, profiles } from "../fs/index.ts";
import { replay } from "../history/index.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./failure.ts";

/** A journal that is open for writing, and the live filesystem on it. */
export interface Live {
  readonly journal: JournalWriter;
  readonly files: FileSystem;
}

export interface WritingOptions {
  readonly limits?: Limits;
  readonly durability?: Durability;
}

/** Opens the context's journal for writing, making it where there is none, and closes it when the work is done. */
export async function writing<T>(
  context: Context,
  { limits = profiles.default, durability = "process" }: WritingOptions,
  body: (live: Live) => T | Promise<T>,
): Promise<T> {
  requireFolder(context);
  const { openWriter } = await import("../../journal/index.ts");
  const journal = openWriter(context.journal, { durability });
  try {
    const tree = replay(journal, journal.head());
    return await body({ journal, files: new FileSystem({ journal, tree, limits }) });
  } finally {
    journal.close();
  }
}

/** A journal is made where there is none, a directory for it is not. Throws UsageError. */
export function requireFolder({ journal }: Context): void {
  const folder = dirname(resolve(journal));
  if (existsSync(folder)) return;
  throw new UsageError(
    `cannot write the journal ${journal}: there is no directory ${folder}`,
    "make it first, or name another file with --journal FILE",
  );
}

/** The journal's own files on the host: no import may take them in. */
export function journalFiles({ journal }: Context): string[] {
  return ["", "-wal", "-shm", "-tail", "-lock", "-journal"].map((end) => journal + end);
}
