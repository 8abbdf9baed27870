import type { Pool } from "pg";

/**
 * Gives journals of a tenant to the token of that name: it alone goes on with them. `of` is a journal's id, or the name
 * of the token that sends them now. Returns how many there are; undefined if there is no token of that name.
 */
export async function reassign(
  pool: Pool,
  tenant: number,
  of: string,
  to: string,
): Promise<number | undefined> {
  const { rowCount: tokens } = await pool.query(
    "SELECT FROM token WHERE tenant = $1 AND name = $2",
    [tenant, to],
  );
  if (tokens === 0) return undefined;
  const which = /^[0-9a-f]{32}$/.test(of) ? "journal = decode($2, 'hex')" : "sender = $2";
  const { rowCount } = await pool.query(
    `UPDATE journal SET sender = $3 WHERE tenant = $1 AND ${which} AND erased IS NULL`,
    [tenant, of, to],
  );
  return rowCount ?? 0;
}
