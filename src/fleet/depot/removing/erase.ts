import type { Pool } from "pg";
import {
  type JournalName,
  keyOf,
  removeRows,
  rowOf,
  tablesOfJournal,
  unknownJournal,
} from "../database/journal-row.ts";
import { transaction } from "../database/transaction.ts";
import { requireUnheld } from "./holds.ts";

/**
 * Removes a journal for good, but for the fact that it was: whoever sends it again is refused. Returns once nothing
 * refers to its bytes any more; the worker removes them. With `received` only if nothing came since then. Throws
 * RefusedError, also for a journal that is held.
 */
export async function eraseJournal(pool: Pool, name: JournalName, received?: Date): Promise<void> {
  await transaction(pool, async (client) => {
    await requireUnheld(client, name);
    const { rowCount } = await client.query(
      `UPDATE journal SET erased = now(), generation = generation + 1, name = '', sender = '', open_run = NULL
      WHERE tenant = $1 AND journal = $2 AND erased IS NULL
      AND ($3::timestamptz IS NULL OR date_trunc('milliseconds', received) = $3)`,
      [...keyOf(name), received ?? null],
    );
    if (rowCount === 0) {
      await rowOf(client, name);
      throw unknownJournal(name);
    }
    await client.query(
      `INSERT INTO garbage (object, after) SELECT object, now() FROM pack WHERE tenant = $1 AND journal = $2
      ON CONFLICT (object) DO UPDATE SET after = excluded.after`,
      keyOf(name),
    );
    await client.query(
      `INSERT INTO garbage (object, after) SELECT object, now() FROM view_part
      WHERE tenant = $1 AND journal = $2 ON CONFLICT (object) DO UPDATE SET after = excluded.after`,
      keyOf(name),
    );
    await removeRows(client, name, tablesOfJournal);
  });
}
