import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Draft,
  encodePack,
  openPacking,
  openWriter,
  rootIno,
} from "../../../journal/index.ts";
import { setRetention, tenantOf } from "../../../src/fleet/depot/index.ts";
import { ship } from "../../../src/fleet/client/index.ts";
import { type DueJournal, DueJournals, indexClaims } from "../../../src/fleet/depot/due.ts";
import { putObject } from "../../../src/fleet/depot/objects/garbage.ts";
import { type Objects, databaseObjects } from "../../../src/fleet/depot/objects/objects.ts";
import { readView } from "../../../src/fleet/depot/reading.ts";
import { Receiver } from "../../../src/fleet/depot/receive.ts";
import { PackThread } from "../../../src/fleet/depot/pack-threads.ts";
import { FairTurns } from "../../../src/fleet/depot/requests/fair-turns.ts";
import { type Log } from "../../../src/fleet/depot/requests/log.ts";
import { indexPacks } from "../../../src/fleet/depot/searches/indexing.ts";
import { ViewMaker } from "../../../src/fleet/depot/views.ts";
import { Worker } from "../../../src/fleet/depot/worker.ts";
import { withTemporary } from "../../support/temporary.ts";
import { postgresFolder } from "../postgres.ts";
import { type Fleet, clientOf, record, startFleet, until } from "../running.ts";
import { runsIn } from "../first-page.ts";

const bin = postgresFolder();

const started: Draft & { readonly kind: "run-start" } = {
  kind: "run-start",
  cause: "library",
  guest: "job",
  args: [],
  environment: [],
  digest: "ab".repeat(32),
  limits: new Map(),
};

function make(name: string): Draft {
  return { kind: "mkdir", parent: rootIno, name: name as never, ino: 9 as never, path: `/${name}` };
}

describe("turns of tenants", () => {
  test("come again when as much time passed as their work took", () => {
    let now = 1_000;
    const turns = new FairTurns(() => now);
    turns.spent(1, 50);
    turns.spent(2, 10);
    turns.spent(1, 50);
    expect(turns.waiting()).toEqual([1, 2]);
    now += 10;
    expect(turns.waiting()).toEqual([1]);
    now += 90;
    expect(turns.waiting()).toEqual([]);
  });
});

describe("the index of a run that goes on", () => {
  test("is written anew only for what the run is found by, and is the same however it came", () => {
    withTemporary((folder) => {
      const file = join(folder, "a.db");
      const writer = openWriter(file);
      const packs: Buffer[] = [];
      let head = 0;
      const record = (...drafts: readonly Draft[]) => {
        for (const draft of drafts) writer.append(draft);
        writer.sync();
        const pack = openPacking(writer).after(head);
        if (pack === undefined) throw new TypeError("no pack");
        packs.push(encodePack(pack));
        head = pack.last;
      };
      record(started, make("a"));
      record(make("a"));
      record(make("b"));
      record({ kind: "run-end", exit: 0 });
      writer.close();
      const [first, same, more, end] = packs as [Buffer, Buffer, Buffer, Buffer];
      const began = indexPacks(1, undefined, [first]);
      const state = Buffer.from(began.open?.changed?.state ?? []);
      const unchanged = indexPacks(1, state, [same]);
      expect(unchanged.open).toEqual({ run: 1, last: unchanged.last });
      expect(unchanged.last).toBeGreaterThan(began.last);
      const grown = indexPacks(1, state, [more]);
      const later = Buffer.from(grown.open?.changed?.state ?? []);
      const { ended } = indexPacks(1, later, [end]);
      expect(ended).toEqual(indexPacks(1, undefined, packs).ended);
      expect(ended).toMatchObject([{ run: 1, exit: 0 }]);
    });
  });
});

describe.skipIf(bin === undefined)("among journals of several tenants", () => {
  let fleet: Fleet;
  let thread: PackThread;
  let objects: Objects;
  const said: string[] = [];
  const log: Log = (_, message, facts) => said.push(`${message}: ${facts?.["reason"]}`);

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    thread = new PackThread();
    objects = databaseObjects(fleet.pool);
  });

  afterAll(async () => {
    await thread.stop();
    await fleet.stop();
  });

  beforeEach(async () => {
    said.length = 0;
    await fleet.pool.query("DELETE FROM journal");
  });

  /** Has a depot receive journals, each of a tenant of its own, and ends it. */
  async function received(...files: readonly string[]): Promise<string[]> {
    const depot = await fleet.depotHere();
    const ids: string[] = [];
    for (const file of files) {
      const asked = clientOf(depot.url, await fleet.token(`of ${file}`, "append"));
      ids.push((await ship(file, asked)).journal);
    }
    await depot.stop();
    return ids;
  }

  async function valueOf<T>(column: string, journal = ""): Promise<T | undefined> {
    const { rows } = await fleet.pool.query<{ value: T }>(
      `SELECT ${column} AS value FROM journal WHERE journal = $1`,
      [Buffer.from(journal, "hex")],
    );
    return rows[0]?.value;
  }

  test("each tenant has its turn, however many another one sends", async () => {
    await fleet.pool.query(
      `INSERT INTO journal (tenant, journal, created, name, state, head, digest, received)
      SELECT tenant, decode(lpad(tenant::text || number, 32, '0'), 'hex'), 0, '', '{}', 1, '', now() - number * interval '1 hour'
      FROM unnest(ARRAY[1, 1, 1, 2, 3], ARRAY[5, 4, 3, 2, 1]) AS given (tenant, number)`,
    );
    const turns = new FairTurns(() => 0);
    const due = new DueJournals(fleet.pool, log, indexClaims, turns);
    const order: number[] = [];
    const act = async ({ name }: DueJournal) => void order.push(name.tenant);
    while (await due.next({ isDue: "indexed < head", order: "received", act }));
    expect(order).toEqual([1, 2, 3, 1, 1]);
  });

  test("one of impossible events keeps no other waiting for a view, and has its turn later each time", async () => {
    await withTemporary(async (folder) => {
      const [bad, good] = [join(folder, "bad.db"), join(folder, "good.db")];
      const writer = openWriter(bad);
      writer.append(started);
      const gone = {
        parent: rootIno,
        name: "x" as never,
        ino: 99 as never,
        path: "/x",
        kept: false,
      };
      writer.append({ kind: "unlink", ...gone });
      writer.close();
      record(good);
      const [evil, other] = await received(bad, good);
      await fleet.pool.query(
        `UPDATE journal SET viewed = 0, view_failures = 0, view_lease = NULL,
          view_after = now() - CASE name WHEN 'bad.db' THEN interval '2 hours' ELSE interval '1 hour' END`,
      );
      const maker = new ViewMaker(fleet.pool, objects, thread, log);
      const wait = "extract(epoch FROM view_lease - now())::float8";
      expect(await maker.makeNext()).toBe(true);
      const first = await valueOf<number>(wait, evil);
      expect([await valueOf("view_failures", evil), await valueOf("viewed", evil)]).toEqual([1, 0]);
      expect(await maker.makeNext()).toBe(true);
      expect(await valueOf("viewed = head", other)).toBe(true);
      expect(await maker.makeNext()).toBe(false);
      await fleet.pool.query("UPDATE journal SET view_lease = NULL");
      expect(await maker.makeNext()).toBe(true);
      expect(await valueOf("view_failures", evil)).toBe(2);
      expect(await valueOf<number>(wait, evil)).toBeGreaterThan((first ?? 0) * 1.5);
      expect(said).toHaveLength(2);
      expect(said[0]).toMatch(/^work on a journal failed, and is tried again later: /);
    });
  });

  test("one that a reader waits for comes before those that are due for longer", async () => {
    await withTemporary(async (folder) => {
      const [busy, asked] = [join(folder, "busy.db"), join(folder, "asked.db")];
      for (const file of [busy, asked]) record(file);
      const [, wanted = ""] = await received(busy, asked);
      await fleet.pool.query("DELETE FROM view");
      await fleet.pool.query(
        `UPDATE journal SET viewed = 0, view_lease = NULL, view_asked = NULL,
          view_after = now() + CASE name WHEN 'busy.db' THEN interval '-2 hours' ELSE interval '1 hour' END`,
      );
      const tenant = (await valueOf<number>("tenant", wanted)) ?? 0;
      let looks = 0;
      const reader = {
        // It goes once it has asked.
        request: {
          get destroyed() {
            return looks++ > 0;
          },
        },
        hold: () => {},
      };
      const { privateKey } = generateKeyPairSync("ed25519");
      const receiver = new Receiver(fleet.pool, objects, privateKey, thread);
      const answer = readView(fleet.pool, receiver, { tenant, journal: wanted }, reader);
      await expect(answer).rejects.toThrow(/no view of the journal is made yet/);
      const maker = new ViewMaker(fleet.pool, objects, thread, log);
      expect(await maker.makeNext()).toBe(true);
      expect(await valueOf("viewed = head AND view_asked IS NULL", wanted)).toBe(true);
      expect(await maker.makeNext()).toBe(true);
      expect(await maker.makeNext()).toBe(false);
      expect(said).toEqual([]);
    });
  });

  test("one whose pack is none keeps no other from being indexed, and no worker from its work", async () => {
    await withTemporary(async (folder) => {
      const [bad, good] = [join(folder, "bad.db"), join(folder, "good.db")];
      for (const file of [bad, good]) record(file);
      const [broken = "", other] = await received(bad, good);
      const tenant = (await valueOf<number>("tenant", broken)) ?? 0;
      const bytes = Buffer.from("it has no magic, and is no pack");
      const object = await putObject(fleet.pool, objects, { tenant, journal: broken }, 1, bytes);
      await fleet.pool.query("UPDATE pack SET object = $1, bytes = $2 WHERE journal = $3", [
        object,
        bytes.length,
        Buffer.from(broken, "hex"),
      ]);
      await fleet.pool.query(
        `UPDATE journal SET indexed = 0, lease = NULL,
          received = now() - CASE name WHEN 'bad.db' THEN interval '2 hours' ELSE interval '1 hour' END`,
      );
      const worker = new Worker(fleet.pool, objects, thread, log);
      expect(await worker.indexNext()).toBe(true);
      expect(await valueOf("index_failures", broken)).toBe(1);
      expect(await worker.indexNext()).toBe(true);
      expect(await valueOf("indexed = head", other)).toBe(true);
      expect(await worker.indexNext()).toBe(false);
      expect(said).toEqual([expect.stringContaining("it is no pack")]);
    });
  });

  test("a pack that is not there for a while takes nothing from what the run that goes on is found by", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "open.db");
      const writer = openWriter(file);
      const worker = new Worker(fleet.pool, objects, thread, log);
      // Its own worker looks once.
      const { url } = await fleet.depotHere({ rests: { idle: 1e9, longest: 1e9 } });
      const asked = clientOf(url, await fleet.token("open", "append", "read"));
      const added = async (...drafts: readonly Draft[]) => {
        for (const draft of drafts) writer.append(draft);
        writer.sync();
        return Buffer.from((await ship(file, asked)).journal, "hex");
      };
      await added(started, make("before"));
      while (await worker.indexNext());
      const journal = await added(make("after"));
      await fleet.pool.query(
        `UPDATE blob SET object = 'away ' || object WHERE object IN (
          SELECT object FROM pack WHERE journal = $1 AND first > 1)`,
        [journal],
      );
      // It rests where the first one was dear.
      await fleet.pool.query("UPDATE journal SET lease = NULL");
      expect(await worker.indexNext()).toBe(true);
      await fleet.pool.query("UPDATE blob SET object = replace(object, 'away ', '')");
      await fleet.pool.query("UPDATE journal SET lease = NULL");
      while (await worker.indexNext());
      writer.close();
      for (const path of ["/before", "/after"])
        expect([path, await runsIn(asked, { path })]).toMatchObject([path, [{ run: 1 }]]);
    });
  });

  test("bytes that are to go are removed, and rules of retention applied, however much there is to index", async () => {
    await fleet.pool.query(
      `INSERT INTO journal (tenant, journal, created, name, state, head, digest)
      SELECT 1, decode(lpad(number::text, 32, '0'), 'hex'), 0, '', '{}', 1, '' FROM generate_series(1, 2000) AS number`,
    );
    await fleet.pool.query("INSERT INTO blob VALUES ('gone', 'redacted')");
    await fleet.pool.query("INSERT INTO garbage VALUES ('gone', now())");
    await fleet.token("kept", "read");
    const tenant = (await tenantOf(fleet.pool, "kept")) ?? 0;
    await setRetention(fleet.pool, tenant, { label: "", maxAgeSeconds: 86_400 });
    await fleet.pool.query("UPDATE tenant SET retained = 'epoch'");
    const stopping = new AbortController();
    const worker = new Worker(fleet.pool, objects, thread, log).run(stopping.signal);
    const isDone = `SELECT NOT EXISTS (SELECT FROM blob WHERE object = 'gone')
      AND EXISTS (SELECT FROM tenant WHERE tenant = $1 AND retained > 'epoch') AS done,
      EXISTS (SELECT FROM journal WHERE lease IS NULL) AS more`;
    let more = false;
    await until(async () => {
      const { rows } = await fleet.pool.query<{ done: boolean; more: boolean }>(isDone, [tenant]);
      more = rows[0]?.more ?? false;
      return rows[0]?.done ?? true;
    });
    stopping.abort();
    await worker;
    expect(more).toBe(true);
  }, 60_000);

  test("a depot's log is JSON, and shows a terminal nothing but text, whatever a journal is called", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file);
      const depot = await fleet.depot();
      const name = '\u009b31m"\u0007\u202e\\ü\n';
      const asked = clientOf(depot.url, await fleet.token("odd", "append"));
      await ship(file, asked, { name });
      await fleet.indexed();
      const tenant = (await tenantOf(fleet.pool, "odd")) ?? 0;
      await fleet.pool.query("UPDATE journal SET received = now() - interval '1 year'");
      await setRetention(fleet.pool, tenant, { label: "", maxAgeSeconds: 86_400 });
      await fleet.pool.query("UPDATE tenant SET retained = 'epoch' WHERE tenant = $1", [tenant]);
      const said = () => depot.log.find((line) => line.includes("let go by a rule of retention"));
      await until(() => said() !== undefined);
      expect(said()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(JSON.parse(said() ?? "")).toMatchObject({ level: "info", tenant, name });
    });
  });

  test("a run that its machine dates after its arrival is as old as that", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      const later = BigInt(Date.now() + 20 * 365 * 86_400_000) * 1_000_000n;
      const writer = openWriter(file, { now: () => later });
      writer.append(started);
      writer.close();
      record(file);
      const { url } = await fleet.depotHere();
      const asked = clientOf(url, await fleet.token("ahead", "append", "read"));
      await ship(file, asked);
      await fleet.indexed();
      const runs = await runsIn(asked, {});
      expect(runs.map(({ run }) => run)).toEqual([2, 1]);
      // The first one has no end.
      expect(runs.map(({ ended }) => ended)).toEqual([expect.any(String), null]);
      expect(Date.parse(runs[0]?.ended ?? "")).toBeLessThanOrEqual(Date.now());
      const now = new Date(Date.now() + 60_000).toISOString();
      expect(await runsIn(asked, { since: now })).toEqual([]);
    });
  });
});
