import type { Pool } from "pg";
import { decodePack, defaultPackBounds, encodePack, mergePacks } from "../../../journal/index.ts";
import type { DueJournals } from "./due.ts";
import { adopt, discard, putObject } from "./objects/garbage.ts";
import { type Objects, wholeOf } from "./objects/objects.ts";
import { type JournalName, keyOf } from "./database/journal-row.ts";
import { nextGeneration } from "./removing/redact.ts";
import { transaction } from "./database/transaction.ts";

/** Time in seconds without anything new after which a journal's packs are merged. */
const quietSeconds = 600;
/** Most bytes of the tape that packs have which are made one. */
const mostTape = 16 * 1024 * 1024;

interface PackRow {
  readonly first: number;
  readonly last: number;
  readonly object: string;
  readonly bytes: number;
  readonly late: readonly object[];
  readonly tape: number | null;
  readonly tape_end: number | null;
}

/**
 * Makes one pack of small ones that follow on one another, in one journal to which nothing was added for a while. Each
 * short run leaves a pack: thousands of them cost a reader as many calls. Returns false if no journal is due.
 */
export async function mergeNext(
  pool: Pool,
  objects: Objects,
  due: DueJournals,
  quiet: number = quietSeconds,
): Promise<boolean> {
  return await due.next({
    isDue: "merged < head AND received <= now() - $2 * interval '1 second' AND indexed = head",
    order: "received",
    values: [quiet],
    act: ({ name, head }) => merge(pool, objects, name, head),
  });
}

interface Merged {
  readonly rows: readonly PackRow[];
  readonly object: string;
  readonly bytes: number;
}

async function merge(pool: Pool, objects: Objects, name: JournalName, head: number): Promise<void> {
  const { rows } = await pool.query<PackRow>(
    `SELECT first, last, object, p.bytes, late, tape, tape_end
    FROM pack p JOIN journal USING (tenant, journal, generation)
    WHERE tenant = $1 AND journal = $2 ORDER BY first`,
    keyOf(name),
  );
  const merged: Merged[] = [];
  for (const group of groupsOf(rows)) {
    const one = await mergedOf(pool, objects, name, group);
    // They were written anew meanwhile: the next time finds what stands in their place.
    if (one !== undefined) merged.push(one);
  }
  await transaction(pool, async (client) => {
    await client.query(
      "SELECT FROM journal WHERE tenant = $1 AND journal = $2 FOR UPDATE",
      keyOf(name),
    );
    let isChanged = false;
    for (const { rows: old, object, bytes } of merged) {
      const names = old.map((row) => row.object);
      const { rowCount } = await client.query(
        "DELETE FROM pack WHERE tenant = $1 AND journal = $2 AND object = ANY ($3)",
        [...keyOf(name), names],
      );
      if (rowCount !== old.length)
        throw new Error("packs were written anew while they were merged");
      const [first, last] = [old[0], old.at(-1)];
      await client.query(
        `INSERT INTO pack (tenant, journal, generation, first, last, object, bytes, late, tape, tape_end)
        SELECT $1, $2, generation, $3, $4, $5, $6, $7, $8, $9
        FROM journal WHERE tenant = $1 AND journal = $2`,
        [
          ...keyOf(name),
          first?.first,
          last?.last,
          object,
          bytes,
          JSON.stringify(old.flatMap(({ late }) => late)),
          first?.tape,
          last?.tape_end,
        ],
      );
      await adopt(client, object);
      await discard(client, names);
      isChanged = true;
    }
    if (isChanged) await nextGeneration(client, name);
    await client.query(
      "UPDATE journal SET merged = $3, lease = NULL, index_failures = 0 WHERE tenant = $1 AND journal = $2",
      [...keyOf(name), head],
    );
  });
}

async function mergedOf(
  pool: Pool,
  objects: Objects,
  name: JournalName,
  group: readonly PackRow[],
): Promise<Merged | undefined> {
  const packs = [];
  for (const row of group) {
    const bytes = await wholeOf(objects, row);
    if (bytes === undefined) return undefined;
    packs.push(decodePack(bytes));
  }
  const bytes = encodePack(mergePacks(packs));
  const object = await putObject(pool, objects, name, group[0]?.first ?? 0, bytes);
  return { rows: group, object, bytes: bytes.length };
}

/** Returns the packs that can be made one: two or more each, which are no larger together than one is made. */
function groupsOf(rows: readonly PackRow[]): PackRow[][] {
  const groups: PackRow[][] = [];
  let group: PackRow[] = [];
  let [events, bytes, tape] = [0, 0, 0];
  for (const row of rows) {
    const own = row.last - row.first + 1;
    // From before places on the tape were kept: they stay as they are.
    const ownTape = (row.tape_end ?? Number.POSITIVE_INFINITY) - (row.tape ?? 0);
    const fits =
      events + own <= defaultPackBounds.events &&
      bytes + row.bytes <= defaultPackBounds.bytes &&
      tape + ownTape <= mostTape;
    if (fits && group.length > 0) {
      group.push(row);
      [events, bytes, tape] = [events + own, bytes + row.bytes, tape + ownTape];
      continue;
    }
    if (group.length > 1) groups.push(group);
    [group, events, bytes, tape] = [[row], own, row.bytes, ownTape];
  }
  if (group.length > 1) groups.push(group);
  return groups;
}
