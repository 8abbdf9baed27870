import type { Pool } from "pg";
import type { PackEntry } from "../protocol/protocol.ts";
import { requireUnheld } from "./holds.ts";
import { type Objects, wholeOf } from "./objects.ts";
import { type JournalName, keyOf, rowOf } from "./journal-row.ts";
import { RefusedError } from "./requests/refused.ts";
import { transaction } from "./transaction.ts";

/** Most packs in one list. */
const mostListed = 1_000;

/** Lists the packs of a journal with events after `seq`, in order. Throws RefusedError. */
export async function listPacks(pool: Pool, name: JournalName, seq: number): Promise<PackEntry[]> {
  if ((await rowOf(pool, name)) === undefined) throw unknownJournal(name);
  const { rows } = await pool.query<PackEntry>(
    `SELECT first, last, p.bytes, late FROM pack p JOIN journal USING (tenant, journal, generation)
    WHERE tenant = $1 AND journal = $2 AND last > $3 ORDER BY first LIMIT ${mostListed}`,
    [...keyOf(name), seq],
  );
  return rows;
}

/** Returns the pack that begins with event `first`. Throws RefusedError. */
export async function readPack(
  pool: Pool,
  objects: Objects,
  name: JournalName,
  first: number,
): Promise<Buffer> {
  if ((await rowOf(pool, name)) === undefined) throw unknownJournal(name);
  const { rows } = await pool.query<{ object: string; bytes: number }>(
    `SELECT object, p.bytes FROM pack p JOIN journal USING (tenant, journal, generation)
    WHERE tenant = $1 AND journal = $2 AND first = $3`,
    [...keyOf(name), first],
  );
  const [row] = rows;
  const bytes = row === undefined ? undefined : await wholeOf(objects, row);
  if (bytes === undefined) throw new RefusedError(404, `no pack begins with event ${first}`);
  return bytes;
}

/**
 * Removes a journal for good, but for the fact that it was: whoever sends it again is refused. Returns once nothing
 * refers to its bytes any more; the worker removes them. With `received` only if nothing came since then. Throws
 * RefusedError, also for a journal that is held.
 */
export async function eraseJournal(pool: Pool, name: JournalName, received?: Date): Promise<void> {
  await transaction(pool, async (client) => {
    await requireUnheld(client, name);
    const { rowCount } = await client.query(
      `UPDATE journal SET erased = now(), generation = generation + 1, name = '', open_run = NULL
      WHERE tenant = $1 AND journal = $2 AND erased IS NULL
      AND ($3::timestamptz IS NULL OR date_trunc('milliseconds', received) = $3)`,
      [...keyOf(name), received ?? null],
    );
    if (rowCount === 0) throw unknownJournal(name);
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
    for (const table of ["pack", "run", "content", "span", "view", "view_part"])
      await client.query(`DELETE FROM ${table} WHERE tenant = $1 AND journal = $2`, keyOf(name));
  });
}

export function unknownJournal({ journal }: JournalName): RefusedError {
  return new RefusedError(404, `there is no journal ${journal}`, {
    hint: "`rewindfs find --journals` lists those that there are",
  });
}
