import type { Pool, PoolClient } from "pg";
import { type DueJournal, DueJournals, indexClaims } from "./due.ts";
import type { Log } from "./requests/log.ts";
import { type Objects, wholeOf } from "./objects/objects.ts";
import { collectNext } from "./objects/garbage.ts";
import { mergeNext } from "./merge.ts";
import type { PackThread } from "./pack-threads.ts";
import { letGoNext } from "./removing/retention.ts";
import { type JournalName, keyOf } from "./database/journal-row.ts";
import type { IndexedRun } from "./searches/indexing.ts";
import { type Rests, workUntil } from "./work-until.ts";
import { transaction } from "./database/transaction.ts";

/** Derives from received packs what searches need, and removes objects that nobody refers to. */
export class Worker {
  readonly #pool: Pool;
  readonly #objects: Objects;
  readonly #thread: PackThread;
  readonly #log: Log;
  readonly #due: DueJournals;
  /** Runs that were put since the table was last analyzed, and how many are enough to do so again. */
  #unanalyzed = 0;
  #enough = leastAnalyzed;

  constructor(pool: Pool, objects: Objects, thread: PackThread, log: Log) {
    this.#pool = pool;
    this.#objects = objects;
    this.#thread = thread;
    this.#log = log;
    this.#due = new DueJournals(pool, log, indexClaims);
  }

  /** Works until the signal aborts. Several workers may be at work on one database. */
  async run(signal: AbortSignal, rests: Partial<Rests> = {}): Promise<void> {
    await workUntil(
      signal,
      rests,
      async () => this.#doNext(),
      (error) => {
        if (!signal.aborted) this.#log("error", "the worker failed", { reason: String(error) });
      },
    );
  }

  async #doNext(): Promise<boolean> {
    const [pool, objects, log] = [this.#pool, this.#objects, this.#log];
    const isIndexed = await this.indexNext();
    // Objects and journals that are to go do so however much there is to index.
    const isCollected = await collectNext(pool, objects);
    const isLetGo = await letGoNext(pool, log);
    if (isIndexed || isCollected || isLetGo) return true;
    return await mergeNext(pool, objects, this.#due);
  }

  /** Indexes the next packs of one journal. Returns false if none is due. */
  async indexNext(): Promise<boolean> {
    return await this.#due.next({
      isDue: "indexed < head",
      order: "received",
      act: (due) => this.#index(due),
    });
  }

  async #index({ name, indexed }: DueJournal): Promise<void> {
    const {
      rows: [{ open } = { open: null }],
    } = await this.#pool.query<{ open: Buffer | null }>(
      "SELECT open_run AS open FROM journal WHERE tenant = $1 AND journal = $2",
      keyOf(name),
    );
    const { rows } = await this.#pool.query<{ object: string; bytes: number }>(
      `SELECT object, p.bytes FROM pack p JOIN journal USING (tenant, journal, generation)
      WHERE tenant = $1 AND journal = $2 AND first > $3 ORDER BY first LIMIT $4`,
      [...keyOf(name), indexed, packsTogether],
    );
    const packs: Buffer[] = [];
    let size = 0;
    for (const row of rows) {
      size += row.bytes;
      if (packs.length > 0 && size > mostBytesTogether) break;
      const bytes = await wholeOf(this.#objects, row);
      // The pack was replaced meanwhile: the next round reads the one in its place.
      if (bytes === undefined) break;
      packs.push(bytes);
    }
    const began = performance.now();
    const { tenant } = name;
    // One whose next pack is not there waits, with its run that goes on, and keeps no other journal from its turn.
    if (packs.length === 0) return;
    const found = await this.#thread.ask({ of: "index", tenant, open, packs });
    const changed = found?.open?.changed;
    const runs = [...(found?.ended ?? []), ...(changed === undefined ? [] : [changed.row])];
    // One whose next pack is not there waits, and keeps no other journal from its turn.
    const last = found?.last ?? indexed;
    const state = found?.open === undefined ? null : (changed?.state ?? open);
    const isIndexed = await transaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        `UPDATE journal SET indexed = $3, open_run = $4, index_failures = 0,
          lease = CASE WHEN $3 = $5 THEN lease END
        WHERE tenant = $1 AND journal = $2 AND indexed = $5 AND erased IS NULL`,
        [...keyOf(name), last, state, indexed],
      );
      // Another worker was faster, or the journal was erased meanwhile, and nothing of it may come back.
      if (rowCount === 0) return false;
      for (const run of runs) await put(client, name, run);
      if (found?.open !== undefined && changed === undefined)
        await client.query(
          "UPDATE run SET last = $4 WHERE tenant = $1 AND journal = $2 AND run = $3",
          [...keyOf(name), found.open.run, found.open.last],
        );
      return true;
    });
    const cost = performance.now() - began;
    // All that a run is found by is written anew for each pack of it: one with much has its turn less often.
    if (isIndexed && changed !== undefined && cost > dearMilliseconds)
      await this.#pool.query(
        `UPDATE journal SET lease = now() + $3 * interval '1 millisecond' WHERE tenant = $1 AND journal = $2
        AND indexed = $4 AND lease IS NULL`,
        [...keyOf(name), Math.min(cost * restTimes, mostRest), last],
      );
    await this.#analyze(runs.length);
  }

  /**
   * Tells the planner of many runs that came at once. The server does so by itself, some minutes later: until then it
   * takes searches for ones that look at few rows, and looks at all.
   */
  async #analyze(runs: number): Promise<void> {
    this.#unanalyzed += runs;
    if (this.#unanalyzed < this.#enough) return;
    this.#unanalyzed = 0;
    this.#enough = Math.min(this.#enough * 2, mostAnalyzed);
    await this.#pool.query("ANALYZE run, journal");
  }
}

/** Runs after which the tables are analyzed: the number doubles each time, up to this one. */
const leastAnalyzed = 1_000;
const mostAnalyzed = 1_000_000;
/** Most packs that are indexed in one transaction. */
const packsTogether = 64;
/** Most bytes of them, unless one has more. */
const mostBytesTogether = 64 * 1024 * 1024;
/** Times in milliseconds: to index an open run that are much, how much longer it rests then, and the longest rest. */
const dearMilliseconds = 200;
const restTimes = 4;
const mostRest = 30_000;

async function put(client: PoolClient, name: JournalName, run: IndexedRun): Promise<void> {
  // A machine whose clock is ahead has no runs that stand before all others for ever.
  const now = new Date().toISOString();
  await client.query(
    `INSERT INTO run (tenant, journal, run, cause, guest, args, labels, started, ended, exit, reason,
      first, last, refused, is_whole, tokens, paths)
    VALUES ($1, $2, $3, $4, $5, $6, $7, ${timeFrom("$8", "$18")}, ${timeFrom("$9", "$18")},
      $10, $11, $12, $13, $14, $15, $16::int[], $17)
    ON CONFLICT (tenant, journal, run) DO UPDATE SET ended = excluded.ended, exit = excluded.exit,
      reason = excluded.reason, last = greatest(run.last, excluded.last), refused = excluded.refused,
      is_whole = excluded.is_whole, tokens = excluded.tokens, paths = excluded.paths`,
    [
      ...keyOf(name),
      run.run,
      run.cause,
      run.guest,
      JSON.stringify(run.args),
      JSON.stringify(Object.fromEntries(run.labels)),
      run.started,
      run.ended ?? null,
      run.exit ?? null,
      run.reason ?? null,
      run.first,
      run.last,
      Math.min(run.refused, 2 ** 31 - 1),
      run.isWhole,
      run.tokens,
      Buffer.from(run.paths),
      now,
    ],
  );
}

/** Returns SQL for a time in nanoseconds since the epoch, or none; one after now becomes now. */
function timeFrom(parameter: string, now: string): string {
  // The least of nothing and a time is that time.
  return `CASE WHEN ${parameter}::numeric IS NOT NULL
    THEN to_timestamp(least(${parameter}::numeric / 1000000000, extract(epoch FROM ${now}::timestamptz))) END`;
}
