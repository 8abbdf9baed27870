import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Pool,
  createToken,
  goingOf,
  openDatabase,
  setRetention,
  tenantOf,
} from "../../../src/fleet/depot/index.ts";
import { ship } from "../../../src/fleet/client/index.ts";
import { withTemporary } from "../../support/temporary.ts";
import { postgresFolder } from "../postgres.ts";
import { type Fleet, clientOf, record, startFleet, until } from "../running.ts";
import { runsIn } from "../first-page.ts";

const bin = postgresFolder();

/** The server's `now()` is replaced for all that connect later: its real clock is the machine's. */
const clockOf = (offset: string, database: string) => `
  CREATE SCHEMA clock;
  CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT pg_catalog.now() + interval '${offset}' $$;
  ALTER DATABASE ${database} SET search_path = clock, pg_catalog, public;`;

describe.skipIf(bin === undefined).each(["-20 years", "20 years"])(
  "a depot whose database is %s off from the machines",
  (offset) => {
    let fleet: Fleet;
    let pool: Pool;

    beforeAll(async () => {
      fleet = await startFleet(bin ?? "");
      await fleet.pool.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
      await fleet.pool.query(clockOf(offset, new URL(fleet.database).pathname.slice(1)));
      pool = await openDatabase(fleet.database);
    });
    afterAll(async () => {
      await pool.end();
      await fleet.stop();
    });

    test("finds, shows, redacts and keeps as any other, by the machines' times", async () => {
      const { rows } = await pool.query<{ off: number }>(
        "SELECT abs(extract(epoch FROM now() - pg_catalog.now()))::float8 AS off",
      );
      expect(rows[0]?.off).toBeGreaterThan(19 * 365 * 86_400);
      const { url } = await fleet.depotHere();
      const scopes = ["append", "read", "erase"] as const;
      const token = await createToken(pool, { tenant: "off", name: "all", scopes });
      await withTemporary(async (folder) => {
        const file = join(folder, "a.db");
        const asked = clientOf(url, token);
        const began = new Date(Date.now() - 60_000).toISOString();
        record(file, { secret: "the secret" });
        const { journal } = await ship(file, asked);
        await until(async () => (await runsIn(asked, { since: began })).length === 1);
        expect(await runsIn(asked, { until: began })).toEqual([]);
        const place = `${url.replace("http", "depot")}/${journal}`;
        const env = { REWINDFS_DEPOT_TOKEN: token, XDG_CACHE_HOME: join(folder, "cache") };
        const afar = (...args: string[]) => fleet.cli(folder, ["-j", place, ...args], env);
        const local = await fleet.cli(folder, ["-j", "a.db", "log", "--json"]);
        expect(await afar("log", "--json")).toEqual({
          ...local,
          stderr: expect.any(String) as unknown,
        });
        // An age is counted from when the depot received a journal, by the clock of its database.
        const tenant = (await tenantOf(pool, "off")) ?? 0;
        await setRetention(pool, tenant, { label: "", maxAgeSeconds: 86_400 });
        expect(await goingOf(pool, tenant)).toEqual([]);
        expect(await afar("redact", "/etc/key.pem")).toMatchObject({ exit: 0 });
        expect((await afar("cat", "/etc/key.pem")).stdout).toMatch(/^\[redacted\]/);
        await until(async () => {
          const { rowCount } = await pool.query(
            "SELECT FROM blob WHERE position($1 IN bytes) > 0",
            [Buffer.from("the secret")],
          );
          return rowCount === 0;
        });
      });
    });
  },
);
