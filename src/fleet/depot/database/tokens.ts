import { createHash, randomBytes } from "node:crypto";
import type { Pool } from "pg";

/** The things that a token allows: to append packs; to read and search; to remove bytes and journals. */
export const scopes = ["append", "read", "erase"] as const;
export type Scope = (typeof scopes)[number];

/** The holder of a token. */
export interface Holder {
  readonly tenant: number;
  /** The token's name. */
  readonly name: string;
  readonly scopes: ReadonlySet<string>;
}

/** Makes a token for a tenant, who is made if there is none of that name. It is kept as its hash alone. */
export async function createToken(
  pool: Pool,
  { tenant, name, scopes: given }: { tenant: string; name: string; scopes: readonly Scope[] },
): Promise<string> {
  const token = `rwd_${randomBytes(32).toString("base64url")}`;
  await pool.query("INSERT INTO tenant (name) VALUES ($1) ON CONFLICT DO NOTHING", [tenant]);
  await pool.query(
    `INSERT INTO token (hash, tenant, name, scopes)
    SELECT $1, tenant, $3, $4 FROM tenant WHERE tenant.name = $2
    ON CONFLICT (tenant, name) DO UPDATE SET hash = excluded.hash, scopes = excluded.scopes, created = now()`,
    [hashOf(token), tenant, name, given],
  );
  return token;
}

/** Returns the number of a tenant; undefined if there is none of that name. */
export async function tenantOf(pool: Pool, name: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ tenant: number }>(
    "SELECT tenant FROM tenant WHERE name = $1",
    [name],
  );
  return rows[0]?.tenant;
}

/** Removes the token of that name. Returns whether there was one. */
export async function removeToken(pool: Pool, tenant: string, name: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    "DELETE FROM token USING tenant t WHERE t.tenant = token.tenant AND t.name = $1 AND token.name = $2",
    [tenant, name],
  );
  return rowCount === 1;
}

/** Returns who holds a token; undefined for one that is not valid. */
export async function holderOf(pool: Pool, token: string): Promise<Holder | undefined> {
  const { rows } = await pool.query<{ tenant: number; name: string; scopes: string[] }>(
    "SELECT tenant, name, scopes FROM token WHERE hash = $1 AND (expires IS NULL OR expires > now())",
    [hashOf(token)],
  );
  const [row] = rows;
  return row === undefined ? undefined : { ...row, scopes: new Set(row.scopes) };
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
