import type { Pool } from "pg";
import type { PackState } from "../../../../journal/index.ts";
import { RefusedError } from "../requests/refused.ts";

/** A journal of a tenant. */
export interface JournalName {
  readonly tenant: number;
  /** 32 hex digits. */
  readonly journal: string;
}

/** A journal as its row has it. */
export interface JournalRow {
  readonly state: PackState;
  readonly head: number;
  readonly digest: Buffer;
  readonly generation: number;
  /** The name of the token that alone goes on with it; empty where none did since such names are kept. */
  readonly sender: string;
  readonly erased: Date | null;
}

/** Returns a journal's row; undefined if there is none. Throws RefusedError for one that was erased. */
export async function rowOf(
  pool: Pick<Pool, "query">,
  name: JournalName,
): Promise<JournalRow | undefined> {
  const { rows } = await pool.query<JournalRow>(
    "SELECT state, head, digest, generation, sender, erased FROM journal WHERE tenant = $1 AND journal = $2",
    keyOf(name),
  );
  const [row] = rows;
  if (row !== undefined && row.erased !== null)
    throw new RefusedError(410, `the journal was erased at ${row.erased.toISOString()}`, {
      hint: "it stays so, and nothing of that journal is taken any more; what is recorded in another file (`-j FILE`) is",
    });
  return row;
}

export function keyOf({ tenant, journal }: JournalName): [number, Buffer] {
  return [tenant, Buffer.from(journal, "hex")];
}

/** Tables with rows about a journal, beside its own row and what holds it: an erasure empties all of them. */
export const tablesOfJournal = ["pack", "run", "content", "span", "view", "view_part"] as const;

/** Removes a journal's rows from tables. */
export async function removeRows(
  client: Pick<Pool, "query">,
  name: JournalName,
  tables: readonly (typeof tablesOfJournal)[number][],
): Promise<void> {
  for (const table of tables)
    await client.query(`DELETE FROM ${table} WHERE tenant = $1 AND journal = $2`, keyOf(name));
}

/** Throws RefusedError where `act` finds that something is not well formed. */
export function wellFormed<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && error.name === "MalformedError")
      throw new RefusedError(422, error.message);
    throw error;
  }
}

export function unknownJournal({ journal }: JournalName): RefusedError {
  return new RefusedError(404, `there is no journal ${journal}`, {
    hint: "`rewindfs find --journals` lists those that there are",
  });
}
