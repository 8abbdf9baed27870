import type { Durability, JournalWriter } from "../../journal/index.ts";
import type { Limits } from "../fs/index.ts";
import { FileSystem, profiles } from "../fs/index.ts";
import { replay } from "../history/index.ts";
import type { Context } from "./context.ts";
import { requireFolder } from "./journal-folder.ts";

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

/** The journal's own files on the host: no import may take them in. */
export function journalFiles({ journal }: Context): string[] {
  return ["", "-wal", "-shm", "-tail", "-lock", "-journal"].map((end) => journal + end);
}
