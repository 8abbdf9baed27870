import type { Pool, PoolClient } from "pg";
import { newName, type Objects } from "./objects.ts";
import type { JournalName } from "../database/journal-row.ts";
import { RefusedError } from "../requests/refused.ts";

/** Time that an object which nothing refers to yet has until it is garbage. */
const grace = "1 hour";

/**
 * Puts an object, and returns its name. It is garbage until `adopt` is called for it: a depot that is killed meanwhile
 * leaves nothing that stays.
 */
export async function putObject(
  pool: Pool,
  objects: Objects,
  { tenant, journal }: JournalName,
  first: number,
  bytes: Buffer,
): Promise<string> {
  const object = newName(`${objects.prefix}${tenant}/${journal}`, String(first), bytes);
  await pool.query(`INSERT INTO garbage VALUES ($1, now() + interval '${grace}')`, [object]);
  await objects.put(object, bytes);
  return object;
}

/** Makes an object one that stays, in the transaction that refers to it. Throws RefusedError if it is too late. */
export async function adopt(client: PoolClient, object: string): Promise<void> {
  const { rowCount } = await client.query("DELETE FROM garbage WHERE object = $1 AND NOT doomed", [
    object,
  ]);
  // This process stood still for an hour.
  if (rowCount !== 1)
    throw new RefusedError(503, "what was received is gone meanwhile: send it again");
}

/** Makes objects garbage, in the transaction after which nothing refers to them. */
export async function discard(client: PoolClient, objects: readonly string[]): Promise<void> {
  await client.query(
    `INSERT INTO garbage (object, after) SELECT object, now() FROM unnest($1::text[]) AS object
    ON CONFLICT (object) DO UPDATE SET after = excluded.after`,
    [objects],
  );
}

/** Removes one object that nothing refers to. Returns false if there is none. */
export async function collectNext(pool: Pool, objects: Objects): Promise<boolean> {
  // From then on nobody adopts it: one who is about to is either before this, or too late.
  const { rows } = await pool.query<{ object: string }>(
    `UPDATE garbage SET doomed = true WHERE object = (
      SELECT object FROM garbage WHERE after < now()
      AND NOT EXISTS (SELECT FROM pack WHERE pack.object = garbage.object) ORDER BY after LIMIT 1
    ) AND after < now() RETURNING object`,
  );
  const [row] = rows;
  if (row === undefined) return false;
  await pool.query("DELETE FROM view_part WHERE object = $1", [row.object]);
  await objects.remove(row.object);
  await pool.query("DELETE FROM garbage WHERE object = $1", [row.object]);
  return true;
}

/** Time that an object has which the database knows nothing of: a backup that was put back may lack what came after. */
const strangersGrace = "1 day";

/**
 * Makes garbage of the objects that the database knows nothing of, after a day. Returns how many were looked at and how
 * many of them are unknown. Calls `onPage` with these numbers now and then.
 */
export async function sweepObjects(
  pool: Pool,
  objects: Objects,
  onPage: (seen: number, unknown: number) => void = () => {},
): Promise<{ readonly seen: number; readonly unknown: number }> {
  let [seen, unknown, after] = [0, 0, ""];
  for (;;) {
    const names = await objects.list(after);
    const last = names.at(-1);
    if (last === undefined) return { seen, unknown };
    const { rowCount } = await pool.query(
      `INSERT INTO garbage (object, after)
      SELECT object, now() + interval '${strangersGrace}' FROM unnest($1::text[]) AS object
      WHERE NOT EXISTS (SELECT FROM pack WHERE pack.object = object.object)
      AND NOT EXISTS (SELECT FROM view_part WHERE view_part.object = object.object)
      ON CONFLICT (object) DO NOTHING`,
      [names],
    );
    seen += names.length;
    unknown += rowCount ?? 0;
    after = last;
    onPage(seen, unknown);
  }
}
