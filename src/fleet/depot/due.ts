import type { Pool } from "pg";
import { type JournalName, keyOf } from "./database/journal-row.ts";
import { troubleIn } from "./database/trouble.ts";
import { MalformedInThread, StoppedError } from "./pack-threads.ts";
import { FairTurns } from "./requests/fair-turns.ts";
import type { Log } from "./requests/log.ts";

/** Names the columns by which a kind of work on journals is claimed, and says how often it failed in a row. */
export interface Claims {
  readonly lease: "lease" | "view_lease";
  readonly failures: "index_failures" | "view_failures";
  readonly minutes: number;
}

/** The claims of the index, and of views. */
export const indexClaims = { lease: "lease", failures: "index_failures", minutes: 1 } as const;
export const viewClaims = { lease: "view_lease", failures: "view_failures", minutes: 5 } as const;

/** A journal that work is due on. */
export interface DueJournal {
  readonly name: JournalName;
  readonly generation: number;
  readonly head: number;
  readonly indexed: number;
}

/** Says of which journals something is due, as conditions and an order in SQL, and does it. */
export interface DueWork {
  readonly isDue: string;
  /** Of those that are due, the ones that come before the others of their tenant. */
  readonly isFirst?: string;
  readonly order: string;
  /** Values of the conditions, from $2 on. */
  readonly values?: readonly unknown[];
  readonly act: (due: DueJournal) => Promise<void>;
}

/**
 * Takes journals that work is due on, one at a time. No tenant keeps another waiting for more than one journal. A journal
 * that fails has its next turn later each time, up to an hour, and the others go on.
 */
export class DueJournals {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #claims: Claims;
  readonly #turns: FairTurns;

  constructor(pool: Pool, log: Log, claims: Claims, turns: FairTurns = new FairTurns()) {
    this.#pool = pool;
    this.#log = log;
    this.#claims = claims;
    this.#turns = turns;
  }

  /**
   * Does what is due on one journal; `act` gives it free, or says when it is due again. Returns false if none is due. Throws
   * what failed for all journals: the database or the store is away.
   */
  async next(work: DueWork): Promise<boolean> {
    const waiting = this.#turns.waiting();
    let due = await this.#claimFirst(work, waiting);
    if (waiting.length > 0) due ??= await this.#claimFirst(work, []);
    if (due === undefined) return false;
    const began = performance.now();
    try {
      await work.act(due);
    } catch (error) {
      await this.#postpone(due.name, error);
    } finally {
      this.#turns.spent(due.name.tenant, performance.now() - began);
    }
    return true;
  }

  async #claimFirst(
    { isDue, isFirst, order, values = [] }: DueWork,
    waiting: readonly number[],
  ): Promise<DueJournal | undefined> {
    const first =
      isFirst === undefined
        ? undefined
        : await this.#claim(`${isFirst} AND ${isDue}`, order, values, waiting);
    return first ?? (await this.#claim(isDue, order, values, waiting));
  }

  async #claim(
    isDue: string,
    order: string,
    values: readonly unknown[],
    waiting: readonly number[],
  ): Promise<DueJournal | undefined> {
    const { lease, minutes } = this.#claims;
    const isFree = `${isDue} AND erased IS NULL AND (${lease} IS NULL OR ${lease} < now())`;
    const { rows } = await this.#pool.query<
      Omit<DueJournal, "name"> & { tenant: number; journal: Buffer }
    >(
      `UPDATE journal SET ${lease} = now() + interval '${minutes} minutes'
      WHERE (tenant, journal) IN (
        SELECT tenant, journal FROM journal WHERE ${isFree} AND tenant <> ALL ($1::int[]) ORDER BY ${order} LIMIT 1
      ) AND ${isFree}
      RETURNING tenant, journal, generation, head, indexed`,
      [waiting, ...values],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const { tenant, journal, ...due } = row;
    return { ...due, name: { tenant, journal: journal.toString("hex") } };
  }

  /** Puts a journal off that failed. Throws the error if it is not the journal's. */
  async #postpone(name: JournalName, error: unknown): Promise<void> {
    const { lease, failures } = this.#claims;
    if (error instanceof StoppedError) {
      await this.#pool.query(
        `UPDATE journal SET ${lease} = NULL WHERE tenant = $1 AND journal = $2`,
        keyOf(name),
      );
      throw error;
    }
    const { rows } = await this.#pool.query<{ failed: number }>(
      `UPDATE journal SET ${failures} = least(${failures} + 1, 1000),
        ${lease} = now() + least(interval '1 hour', ${shortestSeconds} * power(2, least(${failures}, 20)) * interval '1 second')
      WHERE tenant = $1 AND journal = $2 RETURNING ${failures} AS failed`,
      keyOf(name),
    );
    if (troubleIn(error) !== undefined) throw error;
    this.#log("error", "work on a journal failed, and is tried again later", {
      ...name,
      failed: rows[0]?.failed ?? 0,
      reason: reasonOf(error),
    });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof MalformedInThread ? error.message : (error.stack ?? error.message);
}

/** Time before a journal is tried again that failed once; it doubles each time. */
const shortestSeconds = 20;
