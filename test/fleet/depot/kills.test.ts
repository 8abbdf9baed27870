import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decodePack,
  encodePack,
  openPacking,
  openReader,
  openUnpacking,
  verify,
} from "../../../journal/index.ts";
import { openPackTape } from "../../../journal/pack/pack.ts";
import { openDatabase, openObjects } from "../../../src/fleet/depot/index.ts";
import { collectNext } from "../../../src/fleet/depot/objects/garbage.ts";
import { DueJournals, indexClaims } from "../../../src/fleet/depot/due.ts";
import { mergeNext } from "../../../src/fleet/depot/merge.ts";
import type { Objects } from "../../../src/fleet/depot/objects/objects.ts";
import { PackThread } from "../../../src/fleet/depot/pack-threads.ts";
import { Receiver } from "../../../src/fleet/depot/receive.ts";
import { redactStored } from "../../../src/fleet/depot/removing/redact.ts";
import { RefusedError } from "../../../src/fleet/depot/requests/refused.ts";
import { letGo, setRetention } from "../../../src/fleet/depot/removing/retention.ts";
import { listPacks, readPack } from "../../../src/fleet/depot/objects/packs.ts";
import { eraseJournal } from "../../../src/fleet/depot/removing/erase.ts";
import { createToken, tenantOf } from "../../../src/fleet/depot/database/tokens.ts";
import { Worker } from "../../../src/fleet/depot/worker.ts";
import { planRedaction, redact } from "../../../src/index.ts";
import { scale } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";
import { Killed, Mortal } from "./mortal.ts";
import { type Database, newDatabase } from "../database.ts";
import { postgresFolder } from "../postgres.ts";
import { record } from "../running.ts";
import { type S3, startS3 } from "../s3.ts";

const bin = postgresFolder();
const { privateKey } = generateKeyPairSync("ed25519");
const secret = "the secret that nobody may read";

/** A depot's parts on a pool and a store. */
interface Parts {
  readonly pool: Pool;
  readonly objects: Objects;
}

/** A journal of a machine, and its place in the depot. */
interface Case {
  readonly file: string;
  readonly journal: string;
  readonly tenant: number;
}

describe.skipIf(bin === undefined)(
  "a depot that is killed at any call, which is as if its last answer were lost",
  { timeout: 300_000 },
  () => {
    let database: Database;
    let pool: Pool;
    let s3: S3 | undefined;
    let living: Parts;
    let folder: string;
    let recorded: string;
    let tenants = 0;

    beforeAll(async () => {
      database = await newDatabase(bin ?? "");
      pool = await openDatabase(database.url);
      s3 = await startS3();
      folder = mkdtempSync(join(tmpdir(), "rewindfs-kills-"));
      recorded = join(folder, "a.db");
      record(recorded, { secret, files: 3 });
      record(recorded, { secret: "plain", files: 2 });
      living = { pool, objects: await openObjects(pool, s3?.store, s3?.env ?? {}) };
    });
    afterAll(async () => {
      rmSync(folder, { recursive: true });
      await checking.stop();
      await pool.end();
      await s3?.stop();
      await database.drop();
    });

    const checking = new PackThread();

    /** Sends what a depot does not have, as a machine does. */
    async function send({ pool: on, objects }: Parts, { file, journal, tenant }: Case) {
      const receiver = new Receiver(on, objects, privateKey, checking);
      const { head } = await receiver.head({ tenant, journal });
      const reader = openReader(file);
      const packs = [];
      try {
        const packing = openPacking(reader, { events: 4, bytes: 1_000 });
        for (
          let at = head, pack = packing.after(at);
          pack !== undefined;
          pack = packing.after(at)
        ) {
          packs.push(encodePack(pack));
          at = pack.last;
        }
      } finally {
        reader.close();
      }
      for (const bytes of packs)
        await receiver.take({ tenant, journal }, bytes, {
          called: "a.db",
          sender: "a",
          mayErase: true,
        });
    }

    const dueOn = (on: Pool) => new DueJournals(on, () => {}, indexClaims);

    async function indexAll(parts: Parts): Promise<void> {
      // The lease of one that was killed ends in a minute.
      await parts.pool.query("UPDATE journal SET lease = NULL");
      const worker = new Worker(parts.pool, parts.objects, checking, () => {});
      while (await worker.indexNext());
    }

    /**
     * Does `act` with a depot that is killed at its first call, then at its second, and so on to the last; in a plain run
     * at some of them.
     */
    async function killEach(
      prepare: (one: Case) => Promise<void>,
      act: (parts: Parts, one: Case) => Promise<unknown>,
      check: (one: Case) => Promise<void>,
    ): Promise<number> {
      let calls = 0;
      const stride = scale > 1 ? 1 : 10;
      for (let at = Math.floor(Math.random() * stride); ; at += stride) {
        const isOver = await withTemporary(async (folder) => {
          const file = join(folder, "a.db");
          copyFileSync(recorded, file);
          const name = `tenant ${tenants++}`;
          await createToken(pool, { tenant: name, name, scopes: ["append"] });
          const reader = openReader(file);
          const one = { file, journal: reader.id, tenant: (await tenantOf(pool, name)) ?? 0 };
          reader.close();
          await prepare(one);
          const mortal = new Mortal(at);
          const dying = { pool: mortal.pool(pool), objects: mortal.objects(living.objects) };
          const outcome = await act(dying, one).then(
            () => "done",
            (error: unknown) => error,
          );
          if (mortal.isDead) expect(outcome).toBeInstanceOf(Killed);
          else expect(outcome).toBe("done");
          calls = Math.max(calls, mortal.calls);
          // Another depot takes its place.
          await act(living, one).catch((error: unknown) => {
            if (!(error instanceof RefusedError)) throw error;
          });
          await check(one);
          return !mortal.isDead;
        });
        if (isOver) break;
      }
      return calls;
    }

    /** Checks that the depot has the journal whole, and nothing besides. */
    async function isWhole({ file, journal, tenant }: Case, { more = 0, has = true } = {}) {
      const name = { tenant, journal };
      await indexAll(living);
      const texts = await withTemporary(async (folder) => {
        const copy = join(folder, "copy.db");
        let text = "";
        const listed = await listPacks(pool, name, 0);
        let unpacking: ReturnType<typeof openUnpacking> | undefined;
        const late = listed.flatMap((entry) => entry.late);
        for (const { first } of listed) {
          const asked = { number: first, hold: () => {} };
          const pack = decodePack(await readPack(pool, living.objects, name, asked));
          text += openPackTape(pack)(pack.tape, pack.tapeEnd).toString("latin1");
          unpacking ??= openUnpacking(copy, pack, late);
          unpacking.add(pack);
        }
        const digest = unpacking?.digest();
        unpacking?.close();
        const there = verify(file);
        expect(there).toMatchObject({ ok: true, head: digest });
        expect(verify(copy)).toMatchObject({ ok: true, events: (there.events ?? 0) + more });
        return text;
      });
      expect(texts.includes(secret)).toBe(has);
      await onlyLive(name);
    }

    /** Checks that what is left of a journal are the objects of its packs, once garbage is due. */
    async function onlyLive({ tenant, journal }: { tenant: number; journal: string }) {
      await pool.query("UPDATE garbage SET after = now() - interval '1 second'");
      while (await collectNext(pool, living.objects));
      const names: string[] = [];
      for (let after = ""; ;) {
        const page = await living.objects.list(after);
        if (page.length === 0) break;
        names.push(...page);
        after = page.at(-1) ?? "";
      }
      const { rows } = await pool.query<{ object: string }>(
        "SELECT object FROM pack WHERE tenant = $1 AND journal = $2",
        [tenant, Buffer.from(journal, "hex")],
      );
      const own = `${living.objects.prefix}${tenant}/${journal}/`;
      expect(names.filter((name) => name.startsWith(own)).toSorted()).toEqual(
        rows.map(({ object }) => object).toSorted(),
      );
    }

    const spansIn = ({ file }: Case) => planRedaction(file, { path: "/etc/key.pem" }).spans;

    test("has each event once, and nothing besides, when a machine sends again", async () => {
      const calls = await killEach(
        async () => {},
        send,
        (one) => isWhole(one),
      );
      expect(calls).toBeGreaterThan(10);
    });

    test("has what a machine redacted, or has it without: never the bytes of an acknowledged redaction", async () => {
      const calls = await killEach(
        async (one) => {
          await send(living, one);
          redact(one.file, { path: "/etc/key.pem" });
        },
        send,
        (one) => isWhole(one, { has: false }),
      );
      expect(calls).toBeGreaterThan(10);
    });

    test("redacts by itself once, and loses nothing else", async () => {
      const calls = await killEach(
        async (one) => send(living, one),
        ({ pool: on, objects }, one) => redactStored(on, objects, one, spansIn(one)),
        (one) => isWhole(one, { has: false, more: 2 }),
      );
      expect(calls).toBeGreaterThan(8);
    });

    test("erases a journal whole", async () => {
      await killEach(
        async (one) => {
          await send(living, one);
          await indexAll(living);
        },
        ({ pool: on }, one) => eraseJournal(on, one),
        async (one) => {
          await onlyLive(one);
          await expect(send(living, one)).rejects.toThrow(/was erased/);
          const { rows } = await pool.query("SELECT FROM run WHERE tenant = $1", [one.tenant]);
          expect(rows).toEqual([]);
        },
      );
    });

    test("lets a journal go by a rule, or keeps it whole", async () => {
      await killEach(
        async (one) => {
          await send(living, one);
          await indexAll(living);
          await setRetention(pool, one.tenant, { label: "", maxBytes: 1 });
        },
        ({ pool: on }, { tenant }) => letGo(on, tenant, () => {}),
        async (one) => {
          await onlyLive(one);
          await expect(send(living, one)).rejects.toThrow(/was erased/);
        },
      );
    });

    test("indexes, merges and collects what another one began", async () => {
      const calls = await killEach(
        async (one) => {
          await indexAll(living);
          while (await mergeNext(pool, living.objects, dueOn(pool), 0));
          await pool.query("UPDATE garbage SET after = now() - interval '1 second'");
          while (await collectNext(pool, living.objects));
          await send(living, one);
        },
        async (parts) => {
          await indexAll(parts);
          while (await mergeNext(parts.pool, parts.objects, dueOn(parts.pool), 0));
          await pool.query("UPDATE garbage SET after = now() - interval '1 second'");
          while (await collectNext(parts.pool, parts.objects));
        },
        async (one) => {
          expect(await listPacks(pool, one, 0)).toHaveLength(1);
          await isWhole(one);
          const { rows } = await pool.query("SELECT run FROM run WHERE tenant = $1 ORDER BY run", [
            one.tenant,
          ]);
          expect(rows).toEqual([{ run: 1 }, { run: 2 }]);
        },
      );
      expect(calls).toBeGreaterThan(20);
    });
  },
);
