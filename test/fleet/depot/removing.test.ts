import { readFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodePack, verify } from "../../../journal/index.ts";
import { openPackTape } from "../../../journal/pack/pack.ts";
import { type Depot, pull, ship } from "../../../src/fleet/client/index.ts";
import {
  hold,
  listHolds,
  openObjects,
  release,
  setRetention,
  tenantOf,
  transaction,
} from "../../../src/fleet/depot/index.ts";
import { collectNext, sweepObjects } from "../../../src/fleet/depot/objects/garbage.ts";
import { DueJournals, indexClaims } from "../../../src/fleet/depot/due.ts";
import { mergeNext } from "../../../src/fleet/depot/merge.ts";
import type { Objects } from "../../../src/fleet/depot/objects/objects.ts";
import { letGo } from "../../../src/fleet/depot/removing/retention.ts";
import { compact, openFileSystem, planRedaction, redact } from "../../../src/index.ts";
import { withTemporary } from "../../support/temporary.ts";
import { postgresFolder } from "../postgres.ts";
import {
  type DepotHere,
  type Fleet,
  clientOf,
  eventsIn,
  record,
  refusalOf,
  startFleet,
  until,
} from "../running.ts";
import { type S3, startS3 } from "../s3.ts";

const bin = postgresFolder();
/** Reads an object to its end. */
const whole = { start: 0, length: 2 ** 30 };
const secret = "the secret that nobody may read";

describe.skipIf(bin === undefined)("what is removed from a depot", () => {
  let fleet: Fleet;
  let s3: S3 | undefined;
  let depot: DepotHere;
  let pool: Pool;
  let objects: Objects;
  let tenants = 0;

  beforeAll(async () => {
    s3 = await startS3();
    fleet = await startFleet(bin ?? "");
    ({ pool } = fleet);
    depot = await fleet.depotHere(s3 === undefined ? {} : { store: s3.store, env: s3.env });
    objects = await openObjects(pool, s3?.store, s3?.env ?? {});
  });
  afterAll(async () => {
    await fleet.stop();
    await s3?.stop();
  });

  /** A tenant of its own, with clients of each scope. */
  async function tenantWith() {
    const name = `tenant ${tenants++}`;
    const client = async (...scopes: ("append" | "read" | "erase")[]) =>
      clientOf(depot.url, await fleet.token(name, ...scopes));
    return {
      name,
      sender: await client("append"),
      all: await client("append", "read", "erase"),
      number: async () => (await tenantOf(pool, name)) ?? 0,
    };
  }

  /** Returns all objects that there are, with their bytes of the tape as they read. */
  async function textIn(journal: string): Promise<string> {
    let text = "";
    for (let after = ""; ;) {
      const names = await objects.list(after);
      if (names.length === 0) return text;
      for (const name of names) {
        after = name;
        if (!name.includes(journal)) continue;
        const bytes = await objects.get(name, whole);
        if (bytes === undefined) continue;
        // Parts of views have nothing of the tape; as they stand they are looked at all the same.
        if (name.includes("/view-")) {
          text += bytes.toString("latin1");
          continue;
        }
        const pack = decodePack(bytes);
        text += openPackTape(pack)(pack.tape, pack.tapeEnd).toString("latin1");
      }
    }
  }

  const isGone = (journal: string) => until(async () => !(await textIn(journal)).includes(secret));

  async function pulled(client: Depot, journal: string, folder: string, name: string) {
    const copy = join(folder, name);
    await pull(client, journal, copy);
    const verdict = verify(copy);
    expect(verdict).toMatchObject({ ok: true });
    return { copy, verdict };
  }

  test("a redaction on the machine removes the bytes from the depot, by who may erase", async () => {
    await withTemporary(async (folder) => {
      const { sender, all } = await tenantWith();
      const file = join(folder, "a.db");
      record(file, { secret });
      const { journal, head } = await ship(file, sender);
      expect(await textIn(journal)).toContain(secret);
      redact(file, { path: "/etc/key.pem" });
      record(file, { secret: "nothing" });
      expect(await refusalOf(() => ship(file, sender))).toMatch(
        /the journal was redacted, and the token lacks the scope erase/,
      );
      expect(await all.head(journal)).toMatchObject({ head, generation: 0 });
      expect(await textIn(journal)).toContain(secret);
      await ship(file, all);
      expect(await all.head(journal)).toMatchObject({ head: eventsIn(file), generation: 1 });
      await isGone(journal);
      const { verdict } = await pulled(all, journal, folder, "copy.db");
      expect(verdict).toMatchObject({ head: verify(file).head, redacted: { spans: 1 } });
      // The machine goes on with its own token.
      record(file, { secret: "nothing" });
      expect(await ship(file, sender)).toMatchObject({ head: eventsIn(file) });
    });
  });

  test("what was redacted before it was sent needs no such scope, and its bytes never come", async () => {
    await withTemporary(async (folder) => {
      const { sender, all } = await tenantWith();
      const file = join(folder, "a.db");
      record(file, { secret });
      redact(file, { path: "/etc/key.pem" });
      const { journal } = await ship(file, sender);
      expect(await textIn(journal)).not.toContain(secret);
      await pulled(all, journal, folder, "copy.db");
    });
  });

  test("a part of a write that a machine has left after it folded the rest is removed there as its refusal says", async () => {
    await withTemporary(async (folder) => {
      const { name } = await tenantWith();
      const token = await fleet.token(name, "append", "read", "erase");
      const file = join(folder, "a.db");
      const files = openFileSystem(file);
      const text = `${"a".repeat(5_000)}${secret}${"b".repeat(5_000)}`;
      files.run("writes", () => files.writeFile("/my key", Buffer.from(text)));
      files.run("cuts", () => files.truncate("/my key", 6_000));
      files.close();
      const { journal, head } = await ship(file, clientOf(depot.url, token));
      expect(await textIn(journal)).toContain(secret);
      expect(compact(file, "@").events).toBeGreaterThan(0);
      redact(file, { path: "/my key" });
      const env = { REWINDFS_DEPOT: depot.url, REWINDFS_DEPOT_TOKEN: token };
      const refused = await fleet.cli(folder, ["-j", "a.db", "ship"], env);
      expect(refused.exit).not.toBe(0);
      expect(refused.stderr).toContain(`a.db was folded before /my key was redacted, and`);
      const [, place = "", what = ""] =
        /\nHint: .*`rewindfs -j (depot:\S+) redact "(.*)"` removes/.exec(refused.stderr) ?? [];
      expect(await textIn(journal)).toContain(secret);
      expect(await fleet.cli(folder, ["-j", place, "redact", what], env)).toMatchObject({
        exit: 0,
      });
      await isGone(journal);
      const all = clientOf(depot.url, token);
      const { verdict } = await pulled(all, journal, folder, "copy.db");
      expect(verdict).toMatchObject({ redacted: { spans: 1, bytes: text.length } });
      expect(await all.head(journal)).toMatchObject({ head });
    });
  });

  test("a redaction in the depot leaves a journal that proves all the rest", async () => {
    await withTemporary(async (folder) => {
      const { name, sender, all } = await tenantWith();
      const file = join(folder, "a.db");
      record(file, { secret, files: 3 });
      record(file, { secret });
      const { journal, head } = await ship(file, sender);
      const before = await pulled(all, journal, folder, "before.db");
      const place = `${depot.url.replace("http", "depot")}/${journal}`;
      const env = {
        REWINDFS_DEPOT_TOKEN: await fleet.token(name, "read", "erase"),
        XDG_CACHE_HOME: join(folder, "cache"),
      };
      const cat = (path: string) => fleet.cli(folder, ["-j", place, "cat", path], env);
      expect((await cat("/etc/key.pem")).stdout).toContain(secret);
      const done = await fleet.cli(folder, ["-j", place, "redact", "/etc/key.pem"], env);
      expect(done).toMatchObject({ exit: 0 });
      expect(done.stderr).toMatch(/of 2 writes removed for good from http:/);
      await isGone(journal);
      expect(await all.head(journal)).toMatchObject({ head, generation: 1 });
      expect((await cat("/etc/key.pem")).stdout).toMatch(/^\[redacted\]/);
      expect((await cat("/etc/1")).stdout).toMatch(/^\d+$/);
      const { copy, verdict } = await pulled(all, journal, folder, "after.db");
      // The head that the machine had is in its chain, before the run that says what is missing.
      expect(verdict).toMatchObject({ events: head + 2, redacted: { spans: 2 } });
      expect(verify(copy, { head: before.verdict.head ?? "" })).toMatchObject({ ok: true });
      expect(readFileSync(copy).includes(secret)).toBe(false);
      const again = await fleet.cli(folder, ["-j", place, "redact", "/etc/key.pem"], env);
      expect(again.stderr).toMatch(/nothing was left to remove/);
      // The machine redacts the same afterwards: nothing is here that its token could remove.
      redact(file, { path: "/etc/key.pem" });
      await ship(file, sender);
      const { verdict: last } = await pulled(all, journal, folder, "last.db");
      expect(last).toMatchObject({ head: verify(file).head, redacted: { spans: 2 } });
    });
  });

  test("spans that are no whole writes, or are not there, are not redacted", async () => {
    await withTemporary(async (folder) => {
      const { all, sender } = await tenantWith();
      const file = join(folder, "a.db");
      record(file, { secret });
      const { journal } = await ship(file, sender);
      const spans = (...given: [number, number][]) =>
        refusalOf(() =>
          all.redact(journal, given.map(([start, length]) => ({ start, length })) as never),
        );
      expect(await spans([0, 3])).toMatch(/are no whole write/);
      expect(await spans([1_000_000, 3])).toMatch(/no bytes of the tape at 1000000 were received/);
      expect(await spans([0, 0])).toMatch(/makes no sense/);
      // Nothing at all asks whether something might be removed.
      expect(await all.redact(journal, [])).toEqual({ spans: 0, bytes: 0 });
      expect(
        await refusalOf(() => sender.redact(journal, [{ start: 0, length: 1 }] as never)),
      ).toMatch(/lacks the scope erase/);
      expect(await all.head(journal)).toMatchObject({ generation: 0 });
    });
  });

  test("many small packs become one, also under a reader, and nothing else changes", async () => {
    await withTemporary(async (folder) => {
      const { all, number } = await tenantWith();
      const file = join(folder, "a.db");
      let journal = "";
      for (let run = 0; run < 12; run++) {
        record(file, { secret: run === 5 ? secret : "plain", files: 3 });
        ({ journal } = await ship(file, all));
      }
      await fleet.indexed();
      const packs = await all.packs(journal, 0);
      expect(packs.length).toBe(12);
      await all.redact(journal, await spansOf(all, journal, folder, "/etc/key.pem"));
      // A reader has the list from before.
      let isMerged = false;
      const { packs: list } = { packs: all.packs.bind(all) };
      all.packs = async (...args) => {
        const listed = await list(...args);
        if (!isMerged) {
          isMerged = true;
          const due = new DueJournals(pool, () => {}, indexClaims);
          while (await mergeNext(pool, objects, due, 0));
        }
        return listed;
      };
      const { verdict } = await pulled(all, journal, folder, "copy.db");
      expect(await list(journal, 0)).toHaveLength(1);
      expect(verdict).toMatchObject({ events: eventsIn(file) + 2 });
      expect(verify(join(folder, "copy.db"), { head: verify(file).head ?? "" }).ok).toBe(true);
      const { rows } = await pool.query("SELECT bytes FROM journal WHERE tenant = $1", [
        await number(),
      ]);
      const [{ bytes: sum } = { bytes: 0 }] = await list(journal, 0);
      expect(rows).toEqual([{ bytes: sum }]);
      record(file, { secret: "more" });
      await ship(file, all);
      expect(await list(journal, 0)).toHaveLength(2);
    });
  });

  test("no table has anything of a journal that was erased, but that it was there", async () => {
    await withTemporary(async (folder) => {
      const { all } = await tenantWith();
      const file = join(folder, "a.db");
      record(file, { secret });
      const { journal } = await ship(file, all);
      await fleet.indexed();
      const { rows: tables } = await pool.query<{ name: string }>(
        `SELECT table_name AS name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name = 'journal' ORDER BY table_name`,
      );
      const withRows = async () => {
        const found: string[] = [];
        for (const { name } of tables) {
          const key = [Buffer.from(journal, "hex")];
          const { rows } = await pool.query(`SELECT FROM ${name} WHERE journal = $1`, key);
          if (rows.length > 0) found.push(name);
        }
        return found;
      };
      expect(await withRows()).toEqual(expect.arrayContaining(["journal", "pack", "run"]));
      await all.erase(journal);
      expect(await withRows()).toEqual(["journal"]);
    });
  });

  test("what is held is neither erased, redacted nor let go, until it is released", async () => {
    await withTemporary(async (folder) => {
      const { all, number } = await tenantWith();
      const file = join(folder, "a.db");
      record(file, { secret });
      const { journal } = await ship(file, all);
      await fleet.indexed();
      const name = { tenant: await number(), journal };
      expect(await transaction(pool, (client) => hold(client, name, "case 7", "court"))).toBe(true);
      // Again without a reason: the one that was given stays.
      expect(await transaction(pool, (client) => hold(client, name, "case 7", ""))).toBe(true);
      expect(await listHolds(pool, name.tenant)).toMatchObject([
        { journal, name: "case 7", reason: "court" },
      ]);
      expect(await refusalOf(() => all.erase(journal))).toMatch(/kept by the hold case 7/);
      const spans = await spansOf(all, journal, folder, "/etc/key.pem");
      expect(await refusalOf(() => all.redact(journal, spans))).toMatch(/kept by the hold/);
      redact(file, { path: "/etc/key.pem" });
      expect(await refusalOf(() => ship(file, all))).toMatch(/kept by the hold/);
      await setRetention(pool, name.tenant, { label: "", maxAgeSeconds: 1 });
      await pool.query("UPDATE journal SET received = now() - interval '1 day' WHERE tenant = $1", [
        name.tenant,
      ]);
      expect(await letGo(pool, name.tenant, () => {})).toBe(false);
      await setRetention(pool, name.tenant, { label: "" });
      expect(await release(pool, name, "case 7")).toBe(true);
      expect(await release(pool, name, "case 7")).toBe(false);
      await ship(file, all);
      await all.erase(journal);
      expect(await transaction(pool, (client) => hold(client, name, "late", ""))).toBe(false);
    });
  });

  test("objects that nothing refers to are collected, and those in use are not", async () => {
    await withTemporary(async (folder) => {
      const { all } = await tenantWith();
      const file = join(folder, "a.db");
      record(file, {});
      const { journal } = await ship(file, all);
      const stray = `${objects.prefix}9/${randomBytes(16).toString("hex")}/1-stray`;
      await objects.put(stray, Buffer.from("stray"));
      const first = await sweepObjects(pool, objects);
      expect(first.unknown).toBeGreaterThan(0);
      expect(first.seen).toBeGreaterThan(first.unknown);
      // An object that is garbage already is left so; the depot may be storing others.
      await pool.query("UPDATE garbage SET after = now() + interval '2 days' WHERE object = $1", [
        stray,
      ]);
      await sweepObjects(pool, objects);
      const { rows } = await pool.query(
        "SELECT after > now() + interval '36 hours' AS untouched FROM garbage WHERE object = $1",
        [stray],
      );
      expect(rows).toEqual([{ untouched: true }]);
      expect(await objects.get(stray, whole)).toBeDefined();
      await pool.query("UPDATE garbage SET after = now() - interval '1 second'");
      // The depot collects, too: each finds none where the other one is at it.
      await until(async () => {
        while (await collectNext(pool, objects));
        return (await objects.get(stray, whole)) === undefined;
      });
      await pulled(all, journal, folder, "copy.db");
    });
  });

  async function spansOf(client: Depot, journal: string, folder: string, path: string) {
    const copy = join(folder, `plan-${Math.random()}.db`);
    await pull(client, journal, copy);
    return planRedaction(copy, { path }).spans;
  }
});
