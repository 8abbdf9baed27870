import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { DueJournals, viewClaims } from "./due.ts";
import type { Log } from "./requests/log.ts";
import { type Objects, wholeOf } from "./objects/objects.ts";
import { digestedUpTo, isUndigested, keepDigests } from "./searches/digests.ts";
import { adopt } from "./objects/garbage.ts";
import { type JournalName, keyOf } from "./database/journal-row.ts";
import type { CutUpTo, PackThread } from "./pack-threads.ts";
import { transaction } from "./database/transaction.ts";
import { type Rests, workUntil } from "./work-until.ts";

/**
 * Makes views of received journals: what a reader needs to read one piece by piece, derived from its events with the
 * same code that derives it on any machine.
 */
export class ViewMaker {
  readonly #pool: Pool;
  readonly #objects: Objects;
  readonly #thread: PackThread;
  readonly #log: Log;
  readonly #due: DueJournals;
  #lookAgain = 0;

  constructor(pool: Pool, objects: Objects, thread: PackThread, log: Log) {
    this.#pool = pool;
    this.#objects = objects;
    this.#thread = thread;
    this.#log = log;
    this.#due = new DueJournals(pool, log, viewClaims);
  }

  /** Works until the signal aborts. Several may be at work on one database. */
  async run(signal: AbortSignal, rests: Partial<Rests> = {}): Promise<void> {
    await workUntil(
      signal,
      rests,
      async () => {
        await this.#forgetGone();
        const isMade = await this.makeNext();
        const isDigested = await this.digestNext();
        return isMade || isDigested;
      },
      (error) => {
        if (!signal.aborted)
          this.#log("error", "a view could not be made", { reason: String(error) });
      },
    );
  }

  /** Makes the view of one journal. Returns false if none is due. */
  async makeNext(): Promise<boolean> {
    return await this.#due.next({
      isDue: "(viewed < head OR viewed_generation < generation) AND view_after <= now()",
      isFirst: "view_asked IS NOT NULL",
      order: "view_after",
      act: async ({ name, generation }) => {
        const began = performance.now();
        await this.#orForget(name, generation, () => this.#make(name, generation));
        // It is looked at again at once only if somebody asks for it; one that takes long has its turn less often.
        const rest = Math.max(restSeconds, ((performance.now() - began) / 1000) * restTimes);
        await this.#pool.query(
          `UPDATE journal SET view_lease = NULL, view_failures = 0, view_asked = NULL,
            view_after = greatest(view_after, now() + $3 * interval '1 second')
          WHERE tenant = $1 AND journal = $2`,
          [...keyOf(name), rest],
        );
      },
    });
  }

  /** Digests files of some runs of one journal. Returns false if none is due. */
  async digestNext(): Promise<boolean> {
    return await this.#due.next({
      isDue: isUndigested,
      order: "view_after",
      act: async ({ name, generation }) => {
        const isDone = await this.#orForget(name, generation, () => this.#digest(name, generation));
        await this.#pool.query(
          `UPDATE journal SET view_failures = 0,
            view_lease = CASE WHEN $3 THEN NULL ELSE now() + interval '${restSeconds} seconds' END
          WHERE tenant = $1 AND journal = $2`,
          [...keyOf(name), isDone],
        );
      },
    });
  }

  /** Has the thread forget a journal that fails: it may have half of something. */
  async #orForget<T>(name: JournalName, generation: number, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      const called = calledBy(name, generation);
      await this.#thread.ask({ of: "forget", name: called }).catch(() => {});
      throw error;
    }
  }

  async #digest(name: JournalName, generation: number): Promise<boolean> {
    const called = calledBy(name, generation);
    if (!(await this.#add(name, generation, called))) return false;
    const before = await digestedUpTo(this.#pool, name);
    const { head, ...found } = await this.#thread.ask({
      of: "digest",
      name: called,
      after: before,
    });
    await keepDigests(this.#pool, name, { generation, before, head }, found);
    return true;
  }

  async #make(name: JournalName, generation: number): Promise<void> {
    const thread = this.#thread;
    const called = calledBy(name, generation);
    const [before] = await this.#viewsOf(name);
    const { maker: ours } = await thread.ask({ of: "reached", name: called });
    const isOurs = before?.generation === generation && before.maker === ours;
    if (!isOurs) await thread.ask({ of: "forget", name: called });
    if (!(await this.#add(name, generation, called))) return;
    const made = await thread.ask({ of: "cut", name: called });
    let isStored = false;
    try {
      isStored = await this.#store(name, generation, made);
    } finally {
      // The next view would refer to parts that are not there.
      if (!isStored) await thread.ask({ of: "forget", name: called });
    }
    // The thread has the journal now; what is left of it has its turn later.
    if (isStored) await this.#digest(name, generation);
  }

  /** Stores a view with its parts. Returns false if the journal was erased or written anew meanwhile. */
  async #store(
    name: JournalName,
    generation: number,
    { view, objects, oldest, seq, digest, maker }: CutUpTo,
  ): Promise<boolean> {
    const stored = objects.map(({ number, bytes }) => ({
      number,
      bytes: Buffer.from(bytes),
      object: `${this.#objects.prefix}${name.tenant}/${name.journal}/view-${randomUUID()}`,
    }));
    for (const { object, bytes } of stored) {
      // Until the view refers to it, it is garbage.
      await this.#pool.query("INSERT INTO garbage VALUES ($1, now() + interval '1 hour')", [
        object,
      ]);
      await this.#objects.put(object, bytes);
    }
    const isStored = await transaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        `UPDATE journal SET viewed = $3, viewed_generation = $4
        WHERE tenant = $1 AND journal = $2 AND generation = $4 AND erased IS NULL`,
        [...keyOf(name), seq, generation],
      );
      // The parts that were made of it are garbage.
      if (rowCount === 0) return false;
      await client.query(
        `INSERT INTO view (tenant, journal, generation, seq, maker, bytes, digest)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant, journal) DO UPDATE SET generation = excluded.generation,
          seq = excluded.seq, digest = excluded.digest, maker = excluded.maker, bytes = excluded.bytes`,
        [...keyOf(name), generation, seq, maker, Buffer.from(view), Buffer.from(digest, "hex")],
      );
      // Readers of an older view go on for a while.
      await client.query(
        `INSERT INTO garbage (object, after) SELECT object, now() + interval '${keptMinutes} minutes' FROM view_part
        WHERE tenant = $1 AND journal = $2 AND NOT (maker = $3 AND number >= $4) ON CONFLICT DO NOTHING`,
        [...keyOf(name), maker, oldest],
      );
      for (const { number, object } of stored) {
        await client.query("INSERT INTO view_part VALUES ($1, $2, $3, $4, $5)", [
          ...keyOf(name),
          maker,
          number,
          object,
        ]);
        await adopt(client, object);
      }
      return true;
    });
    if (!isStored)
      await this.#pool.query("UPDATE garbage SET after = now() WHERE object = ANY ($1)", [
        stored.map(({ object }) => object),
      ]);
    return isStored;
  }

  /** Gives the thread the packs that it lacks. Returns false if they changed meanwhile. */
  async #add(name: JournalName, generation: number, called: string): Promise<boolean> {
    const thread = this.#thread;
    const { rows } = await this.#pool.query<PackRow>(
      `SELECT first, last, object, bytes, late FROM pack
      WHERE tenant = $1 AND journal = $2 AND generation = $3 ORDER BY first`,
      [...keyOf(name), generation],
    );
    const late = rows.flatMap((row) => row.late);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      let isWhole = true;
      const { head: reached } = await thread.ask({ of: "reached", name: called });
      for (const row of rows) {
        if (row.first <= reached) continue;
        const bytes = await wholeOf(this.#objects, row);
        if (bytes === undefined) return false;
        isWhole = await thread.ask({ of: "add", name: called, bytes, late });
        if (!isWhole) break;
      }
      if (isWhole) return rows.length > 0;
    }
    return false;
  }

  /** Has the thread forget journals that were erased or written anew: their bytes stand in its files. */
  async #forgetGone(): Promise<void> {
    if (performance.now() < this.#lookAgain) return;
    this.#lookAgain = performance.now() + forgetMilliseconds;
    const names = await this.#thread.ask({ of: "made" });
    if (names.length === 0) return;
    const known = names.map((name) => name.split(" "));
    const { rows } = await this.#pool.query<{ name: string }>(
      `SELECT tenant || ' ' || encode(journal, 'hex') || ' ' || generation AS name FROM journal
      JOIN unnest($1::int[], $2::bytea[]) AS made (tenant, journal) USING (tenant, journal) WHERE erased IS NULL`,
      [
        known.map(([tenant]) => Number(tenant)),
        known.map(([, journal = ""]) => Buffer.from(journal, "hex")),
      ],
    );
    const current = new Set(rows.map(({ name }) => name));
    for (const name of names)
      if (!current.has(name)) await this.#thread.ask({ of: "forget", name });
  }

  async #viewsOf(name: JournalName): Promise<{ generation: number; maker: string }[]> {
    const { rows } = await this.#pool.query<{ generation: number; maker: string }>(
      "SELECT generation, maker FROM view WHERE tenant = $1 AND journal = $2",
      keyOf(name),
    );
    return rows;
  }
}

/** The name of a journal in the thread. */
function calledBy({ tenant, journal }: JournalName, generation: number): string {
  return `${tenant} ${journal} ${generation}`;
}

interface PackRow {
  readonly first: number;
  readonly last: number;
  readonly object: string;
  readonly bytes: number;
  readonly late: readonly { readonly start: number; readonly length: number }[];
}

/** Time between two looks for journals that are gone. */
const forgetMilliseconds = 1_000;
/** A view is made anew after so many seconds at the earliest, unless somebody asks for it. */
const restSeconds = 20;
/** And not before so many times as long as it took. */
const restTimes = 10;
/** Parts of an older view are kept for so long. */
const keptMinutes = 10;
