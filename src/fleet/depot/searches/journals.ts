import type { Pool } from "pg";
import { type JournalEntry, type ListedJournals, mostFound } from "../../protocol/protocol.ts";

interface Row {
  readonly journal: Buffer;
  readonly name: string;
  readonly sender: string;
  readonly head: number;
  readonly bytes: number;
  readonly received: Date;
  readonly place: string;
}

/** Lists the journals of a tenant, the last that was received first, and says where to go on if there are more. */
export async function listJournals(
  pool: Pool,
  tenant: number,
  after: string | undefined,
): Promise<ListedJournals> {
  const [place = "", id = ""] = after?.split(" ") ?? [];
  const beyond = after === undefined ? "" : "AND (received, journal) < ($2, $3)";
  const { rows } = await pool.query<Row>(
    `SELECT journal, name, sender, head, bytes, received,
      replace((received AT TIME ZONE 'UTC')::text, ' ', 'T') || 'Z' AS place FROM journal
    WHERE tenant = $1 AND erased IS NULL ${beyond} ORDER BY received DESC, journal DESC LIMIT ${mostFound + 1}`,
    after === undefined ? [tenant] : [tenant, place, Buffer.from(id, "hex")],
  );
  const shown = rows.slice(0, mostFound);
  const last = shown.at(-1);
  return {
    journals: shown.map(entryOf),
    ...(rows.length === shown.length || last === undefined
      ? {}
      : { next: `${last.place} ${last.journal.toString("hex")}` }),
  };
}

function entryOf({ journal, name, sender, head, bytes, received }: Row): JournalEntry {
  return {
    journal: journal.toString("hex"),
    name,
    sender,
    events: head,
    bytes,
    received: received.toISOString(),
  };
}
