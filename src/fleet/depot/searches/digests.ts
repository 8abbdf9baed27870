import type { Pool, PoolClient } from "pg";
import type { ContentsAfter } from "./contents.ts";
import { type JournalName, keyOf } from "../database/journal-row.ts";
import { contentWord, tokenOf } from "./touched.ts";
import { transaction } from "../database/transaction.ts";
import { packed } from "./packed.ts";

/** Tells of journals whose runs ended in a view, and whose files are not digested yet. */
export const isUndigested = `digests_head < viewed AND viewed_generation = generation AND erased IS NULL
  AND (view_lease IS NULL OR view_lease < now())`;

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
      const words = new Set(files.map(([, digest]) => contentWord(digest)));
      await client.query(
        `INSERT INTO content (tenant, journal, run, is_whole, tokens, files) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant, journal, run) DO UPDATE SET is_whole = excluded.is_whole, tokens = excluded.tokens,
          files = excluded.files`,
        [
          ...keyOf(name),
          run,
          isWhole,
          Array.from(words, (word) => tokenOf(name.tenant, word)),
          packed(
            files.map(([path, digest]) => [path, Buffer.from(digest, "hex").toString("base64")]),
          ),
        ],
      );
    }
  });
}

/** Forgets the digests of a journal's files: some of the bytes are gone, and short ones could be guessed by them. */
export async function forgetDigests(client: PoolClient, name: JournalName): Promise<void> {
  await client.query("DELETE FROM content WHERE tenant = $1 AND journal = $2", keyOf(name));
  await client.query(
    "UPDATE journal SET digests_after = 0, digests_head = 0 WHERE tenant = $1 AND journal = $2",
    keyOf(name),
  );
}
