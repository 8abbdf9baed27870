import type { Durability, JournalWriter } from "../../../journal/index.ts";
import type { Limits } from "../../fs/index.ts";
import { FileSystem, profiles } from "../../fs/index.ts";
import { replay } from "../../history/index.ts";
import type { Context } from "../command/context.ts";
import { requireFolder } from "../command/journal-folder.ts";

/** A journal that is open for writing, and its live filesystem. */
export interface Live {
  readonly journal: JournalWriter;
  /** Made on first use, by reading the whole current state. */
  readonly files: FileSystem;
}

export interface WritingOptions {
  readonly limits?: Limits;
  /** Failure that acknowledged events survive; "process" by default. */
  readonly durability?: Durability;
  /** "at the end" by default: nobody relies on an event of a command that is still at work. */
  readonly acknowledged?: "one by one" | "at the end";
  /** Decides if a missing journal is made. "must be there" by default: most commands continue something. */
  readonly journal?: "must be there" | "is made";
}

/** Opens the context's journal for writing, and closes it when the work is done. */
export async function writing<T>(
  context: Context,
  {
    limits = profiles.default,
    durability = "process",
    acknowledged = "at the end",
    journal: needed = "must be there",
  }: WritingOptions,
  body: (live: Live) => T | Promise<T>,
): Promise<T> {
  const { openReader, openWriter } = await import("../../../journal/index.ts");
  if (needed === "is made") requireFolder(context);
  else openReader(context.journal).close();
  const journal = openWriter(context.journal, {
    durability: acknowledged === "one by one" ? durability : "batch",
  });
  let files: FileSystem | undefined;
  try {
    const result = await body({
      journal,
      get files() {
        files ??= new FileSystem({ journal, tree: replay(journal, journal.head()), limits });
        return files;
      },
    });
    if (durability === "power") journal.sync();
    return result;
  } catch (error) {
    try {
      journal.close();
    } catch {
      // The first error is reported: on a full disk closing fails too.
    }
    throw error;
  } finally {
    journal.close();
  }
}
