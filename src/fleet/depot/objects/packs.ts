import type { Pool } from "pg";
import type { PackEntry } from "../../protocol/protocol.ts";
import { type Objects, wholeOf } from "./objects.ts";
import { type JournalName, keyOf, rowOf, unknownJournal } from "../database/journal-row.ts";
import { RefusedError } from "../requests/refused.ts";

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

/** Returns the pack that begins with event `number`; `hold` takes memory for it before. Throws RefusedError. */
export async function readPack(
  pool: Pool,
  objects: Objects,
  name: JournalName,
  { number: first, hold }: { readonly number: number; readonly hold: (bytes: number) => void },
): Promise<Buffer> {
  if ((await rowOf(pool, name)) === undefined) throw unknownJournal(name);
  const { rows } = await pool.query<{ object: string; bytes: number }>(
    `SELECT object, p.bytes FROM pack p JOIN journal USING (tenant, journal, generation)
    WHERE tenant = $1 AND journal = $2 AND first = $3`,
    [...keyOf(name), first],
  );
  const [row] = rows;
  hold(row?.bytes ?? 0);
  const bytes = row === undefined ? undefined : await wholeOf(objects, row);
  if (bytes === undefined) throw new RefusedError(404, `no pack begins with event ${first}`);
  return bytes;
}
