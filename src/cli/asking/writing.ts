import type { Durability, JournalWriter } from "../../../journal/index.ts";
import type { Limits } from "../../fs/index.ts";
import { FileSystem, profiles } from "../../fs/index.ts";
import { replay } from "../../history/index.ts";
import type { Context } from "../command/context.ts";
import { requireFolder } from "../command/journal-folder.ts";

/** A journal that is open for writing, and the live filesystem on it. */
export interface Live {
  readonly journal: JournalWriter;
  /** Made when it is first asked for: all that is there is read for it. */
  readonly files: FileSystem;
}

export interface WritingOptions {
  readonly limits?: Limits;
  /** What is acknowledged survives this; "process" unless given. */
  readonly durability?: Durability;
  /** "at the end", unless given: nobody relies on an event of a command that is still at work. */
  readonly acknowledged?: "one by one" | "at the end";
  /** Whether a journal is made where there is none. "must be there", unless given: most commands go on from something. */
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
      // What went wrong first is what is told: a disk that is full cannot be closed with success either.
    }
    throw error;
  } finally {
    journal.close();
  }
}
