import type { Pool, PoolClient } from "pg";
import type { ContentsAfter } from "./contents.ts";
import { type JournalName, keyOf, removeRows } from "../database/journal-row.ts";
import { transaction } from "../database/transaction.ts";

/** Tells of journals whose runs ended in a view, and whose files are not digested yet. */
export const isUndigested = "digests_head < viewed AND viewed_generation = generation";

/** Returns the event after which the files of a journal's runs are to be digested. */
export async function digestedUpTo(pool: Pool, name: JournalName): Promise<number> {
  const { rows } = await pool.query<{ after: number }>(
    "SELECT digests_after AS after FROM journal WHERE tenant = $1 AND journal = $2",
    keyOf(name),
  );
  return rows[0]?.after ?? 0;
}

/** Keeps digests of files; nothing if the journal was erased or written anew meanwhile. */
export async function keepDigests(
  pool: Pool,
  name: JournalName,
  { generation, before, head }: { generation: number; before: number; head: number },
  { runs, after, isAll }: ContentsAfter,
): Promise<void> {
  await transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE journal SET digests_after = $4, digests_head = CASE WHEN $5 THEN $6 ELSE digests_head END
      WHERE tenant = $1 AND journal = $2 AND generation = $3 AND digests_after = $7 AND erased IS NULL`,
      [...keyOf(name), generation, after, isAll, head, before],
    );
    if (rowCount === 0) return;
    for (const { run, files, isWhole } of runs) {
      const entries = files.map(([number, digest]) => {
        const place = Buffer.alloc(2);
        place.writeUInt16BE(number);
        return Buffer.concat([place, keptOf(digest)]);
      });
      await client.query(
        `INSERT INTO content (tenant, journal, run, is_whole, files) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant, journal, run) DO UPDATE SET is_whole = excluded.is_whole, files = excluded.files`,
        [...keyOf(name), run, isWhole, Buffer.concat(entries)],
      );
    }
  });
}

/** Returns what is kept of a SHA-256 in hex: nobody makes another file with the same 80 bits for a run to be found. */
export function keptOf(digest: string): Buffer {
  return Buffer.from(digest, "hex").subarray(0, keptBytes);
}

const keptBytes = 10;

/** Returns the numbers of the paths with a digest among the files of a run, as they are stored. */
export function numbersWith(files: Buffer, digest: string): number[] {
  const kept = keptOf(digest);
  const numbers: number[] = [];
  for (let at = 0; at < files.length; at += 2 + keptBytes)
    if (kept.equals(files.subarray(at + 2, at + 2 + keptBytes)))
      numbers.push(files.readUInt16BE(at));
  return numbers;
}

/** Returns SQL for the runs of tenant $1 that left a file with a digest, or may have; `kept` is what is kept of it. */
export function runsWith(kept: string): string {
  const tokens = "file_tokens(tenant, files, octet_length(files) > 288)";
  const asked = (areMany: boolean) =>
    `${tokens} @> file_tokens($1, '\\x0000'::bytea || ${kept}::bytea, ${areMany})`;
  const isThere = `position(${kept}::bytea IN files) > 0`;
  // Each by an index of its own: where a table was not analyzed yet, PostgreSQL takes half of the rows for partial ones,
  // and as one condition with the others it would compute the tokens of each row.
  return [`${asked(false)} AND ${isThere}`, `${asked(true)} AND ${isThere}`, "NOT is_whole"]
    .map((condition) => `SELECT journal, run FROM content WHERE tenant = $1 AND ${condition}`)
    .join(" UNION ALL ");
}

/** Forgets the digests of a journal's files: some of the bytes are gone, and short ones could be guessed by them. */
export async function forgetDigests(client: PoolClient, name: JournalName): Promise<void> {
  await removeRows(client, name, ["content"]);
  await client.query(
    "UPDATE journal SET digests_after = 0, digests_head = 0 WHERE tenant = $1 AND journal = $2",
    keyOf(name),
  );
}
