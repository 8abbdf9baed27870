import type { Pool, PoolClient } from "pg";
import { type JournalName, keyOf } from "../database/journal-row.ts";
import { RefusedError } from "../requests/refused.ts";

/** Keeps a journal from being erased, redacted or let go by its age, whoever asks, until it is released. */
export interface Hold {
  readonly journal: string;
  readonly name: string;
  readonly reason: string;
  readonly created: Date;
}

/** Locks a journal, and throws RefusedError if something holds it. Call it in the transaction that changes it. */
export async function requireUnheld(client: PoolClient, name: JournalName): Promise<void> {
  await client.query(
    "SELECT FROM journal WHERE tenant = $1 AND journal = $2 FOR UPDATE",
    keyOf(name),
  );
  const { rows } = await client.query<{ name: string }>(
    "SELECT name FROM hold WHERE tenant = $1 AND journal = $2 ORDER BY created LIMIT 1",
    keyOf(name),
  );
  const [hold] = rows;
  if (hold !== undefined)
    throw new RefusedError(409, `the journal is kept by the hold ${hold.name}`, {
      hint: "`rewindfs depot release` lets it go, with access to the database",
    });
}

/** Holds a journal. Returns false if there is none. */
export async function hold(
  client: PoolClient,
  name: JournalName,
  called: string,
  reason: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    "SELECT FROM journal WHERE tenant = $1 AND journal = $2 AND erased IS NULL FOR UPDATE",
    keyOf(name),
  );
  if (rowCount !== 1) return false;
  await client.query(
    "INSERT INTO hold VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, journal, name) DO UPDATE SET reason = coalesce(nullif(excluded.reason, ''), hold.reason)",
    [...keyOf(name), called, reason],
  );
  return true;
}

/** Releases a journal from a hold. Returns false if there is none of that name. */
export async function release(pool: Pool, name: JournalName, called: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    "DELETE FROM hold WHERE tenant = $1 AND journal = $2 AND name = $3",
    [...keyOf(name), called],
  );
  return rowCount === 1;
}

/** Lists what is held of a tenant. */
export async function listHolds(pool: Pool, tenant: number): Promise<Hold[]> {
  const { rows } = await pool.query<Omit<Hold, "journal"> & { journal: Buffer }>(
    "SELECT journal, name, reason, created FROM hold WHERE tenant = $1 ORDER BY created, journal, name",
    [tenant],
  );
  return rows.map((row) => ({ ...row, journal: row.journal.toString("hex") }));
}
