import type { Pool, PoolClient } from "pg";
import { decodePack, eventsOf } from "../../../journal/index.ts";
import type { Log } from "./requests/log.ts";
import { type Objects, wholeOf } from "./objects/objects.ts";
import { collectNext } from "./objects/garbage.ts";
import { packed, unpacked } from "./searches/packed.ts";
import { mergeNext } from "./merge.ts";
import { letGoNext } from "./removing/retention.ts";
import { type JournalName, keyOf } from "./database/journal-row.ts";
import { type RunFacts, Touched, tokensOf } from "./searches/touched.ts";
import { type Rests, workUntil } from "./work-until.ts";
import { transaction } from "./database/transaction.ts";

/** A journal that has events which are not indexed yet. */
interface Due {
  readonly tenant: number;
  readonly journal: Buffer;
  readonly indexed: number;
  readonly open: Buffer | null;
}

/** Derives from received packs what searches need, and removes objects that nobody refers to. */
export class Worker {
  readonly #pool: Pool;
  readonly #objects: Objects;
  readonly #log: Log;
  /** Runs that were put since the table was last analyzed, and how many are enough to do so again. */
  #unanalyzed = 0;
  #enough = leastAnalyzed;

  constructor(pool: Pool, objects: Objects, log: Log) {
    this.#pool = pool;
    this.#objects = objects;
    this.#log = log;
  }

  /** Works until the signal aborts. Several workers may be at work on one database. */
  async run(signal: AbortSignal, rests: Partial<Rests> = {}): Promise<void> {
    await workUntil(
      signal,
      rests,
      async () => this.#doNext(),
      (error) => this.#log("error", "the worker failed", { reason: String(error) }),
    );
  }

  async #doNext(): Promise<boolean> {
    const [pool, objects, log] = [this.#pool, this.#objects, this.#log];
    return (
      (await this.indexNext()) ||
      (await collectNext(pool, objects)) ||
      (await mergeNext(pool, objects)) ||
      (await letGoNext(pool, log))
    );
  }

  /** Indexes the next packs of one journal. Returns false if none is due. */
  async indexNext(): Promise<boolean> {
    const { rows } = await this.#pool.query<Due>(
      `UPDATE journal SET lease = now() + interval '1 minute'
      WHERE (tenant, journal) IN (
        SELECT tenant, journal FROM journal
        WHERE indexed < head AND erased IS NULL AND (lease IS NULL OR lease < now())
        ORDER BY received LIMIT 1
      ) AND indexed < head AND (lease IS NULL OR lease < now())
      RETURNING tenant, journal, indexed, open_run AS open`,
    );
    const [due] = rows;
    if (due === undefined) return false;
    await this.#index(due);
    return true;
  }

  async #index({ tenant, journal, indexed, open }: Due): Promise<void> {
    const name = { tenant, journal: journal.toString("hex") };
    const { rows } = await this.#pool.query<{ object: string; bytes: number; last: number }>(
      `SELECT object, p.bytes, last FROM pack p JOIN journal USING (tenant, journal, generation)
      WHERE tenant = $1 AND journal = $2 AND first > $3 ORDER BY first LIMIT $4`,
      [...keyOf(name), indexed, packsTogether],
    );
    const touched = new Touched(open === null ? undefined : unpacked<RunFacts>(open));
    let last = indexed;
    let read = 0;
    for (const row of rows) {
      if (read >= mostReadTogether) break;
      const bytes = await wholeOf(this.#objects, row);
      // The pack was replaced meanwhile: the next round reads the one in its place.
      if (bytes === undefined) break;
      const pack = decodePack(bytes);
      for (const { event } of eventsOf(pack)) touched.add(event);
      read += pack.events.length;
      last = row.last;
    }
    const { open: rest } = touched;
    const runs = [...touched.takeEnded(), ...(rest === undefined ? [] : [rest])];
    await transaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        // One whose next pack is not there waits, and keeps no other journal from its turn.
        `UPDATE journal SET indexed = $3, open_run = $4, lease = CASE WHEN $3 = $5 THEN lease END
        WHERE tenant = $1 AND journal = $2 AND indexed = $5 AND erased IS NULL`,
        [...keyOf(name), last, rest === undefined ? null : packed(rest), indexed],
      );
      // Another worker was faster, or the journal was erased meanwhile, and nothing of it may come back.
      if (rowCount === 0) return;
      for (const run of runs) await put(client, name, run);
    });
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
const packsTogether = 16;
/** Most bytes of their events, too: what is found of them is in memory until then. */
const mostReadTogether = 64 * 1024 * 1024;

async function put(client: PoolClient, name: JournalName, run: RunFacts): Promise<void> {
  const { tenant } = name;
  const { tokens, areAll } = tokensOf(tenant, run);
  const isWhole = run.isWhole && areAll;
  await client.query(
    `INSERT INTO run (tenant, journal, run, cause, guest, args, labels, started, ended, exit, reason,
      first, last, refused, is_whole, tokens, paths)
    VALUES ($1, $2, $3, $4, $5, $6, $7, ${timeFrom("$8")}, ${timeFrom("$9")}, $10, $11, $12, $13, $14, $15, $16, $17)
    ON CONFLICT (tenant, journal, run) DO UPDATE SET ended = excluded.ended, exit = excluded.exit,
      reason = excluded.reason, last = excluded.last, refused = excluded.refused,
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
      isWhole,
      tokens,
      packed(run.paths),
    ],
  );
}

/** Returns SQL for a time in nanoseconds since the epoch. One after the year 9999 becomes the last second of it. */
function timeFrom(parameter: string): string {
  return `to_timestamp(least(${parameter}::numeric / 1000000000, 253402300799))`;
}
