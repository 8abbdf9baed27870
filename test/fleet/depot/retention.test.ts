import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ship } from "../../../src/fleet/client/index.ts";
import { goingOf, setRetention, tenantOf } from "../../../src/fleet/depot/index.ts";
import { withTemporary } from "../../support/temporary.ts";
import { postgresFolder } from "../postgres.ts";
import { type DepotHere, type Fleet, clientOf, record, startFleet, until } from "../running.ts";
import { journalsIn } from "../first-page.ts";

const bin = postgresFolder();

describe.skipIf(bin === undefined)("rules of retention", () => {
  let fleet: Fleet;
  let depot: DepotHere;
  let pool: Pool;

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    ({ pool } = fleet);
    depot = await fleet.depotHere();
  });
  afterAll(async () => fleet.stop());

  test("let journals go by age, size and label, and say so", async () => {
    await withTemporary(async (folder) => {
      const whose = "a tenant with rules";
      const all = clientOf(depot.url, await fleet.token(whose, "append", "read"));
      const journals = new Map<string, string>();
      for (const [name, labels] of [
        ["old", {}],
        ["kept", { keep: "long" }],
        ["young", {}],
        ["both", { keep: "long", customer: "b" }],
      ] as const) {
        const file = join(folder, `${name}.db`);
        record(file, { labels });
        journals.set((await ship(file, all)).journal, name);
      }
      await fleet.indexed();
      const tenant = (await tenantOf(pool, whose)) ?? 0;
      const age = (name: string, days: number) =>
        pool.query(
          "UPDATE journal SET received = now() - $3 * interval '1 day' WHERE tenant = $1 AND name = $2",
          [tenant, `${name}.db`, days],
        );
      await age("old", 40);
      await age("kept", 40);
      await age("both", 40);
      const day = 86_400;
      // The depot looks at a tenant's rules once a minute, and must not while this test does.
      const look = (after: string) =>
        pool.query("UPDATE tenant SET retained = now() + $2::interval WHERE tenant = $1", [
          tenant,
          after,
        ]);
      await look("1 hour");
      const going = async () =>
        (await goingOf(pool, tenant)).map(({ journal }) => journals.get(journal));
      expect(await going()).toEqual([]);
      await setRetention(pool, tenant, { label: "", maxAgeSeconds: 30 * day });
      await setRetention(pool, tenant, { label: "keep=long", maxAgeSeconds: 365 * day });
      await setRetention(pool, tenant, { label: "customer=b", maxAgeSeconds: 7 * day });
      // The one with two labels stays while one of them keeps it.
      expect(await going()).toEqual(["old"]);
      await setRetention(pool, tenant, { label: "keep=long", maxAgeSeconds: 35 * day });
      expect(new Set(await going())).toEqual(new Set(["old", "kept", "both"]));
      await setRetention(pool, tenant, { label: "keep=long" });
      await setRetention(pool, tenant, { label: "customer=b" });
      await setRetention(pool, tenant, { label: "" });
      const { rows } = await pool.query<{ bytes: number }>(
        "SELECT bytes FROM journal WHERE tenant = $1 ORDER BY received DESC",
        [tenant],
      );
      await setRetention(pool, tenant, { label: "", maxBytes: (rows[0]?.bytes ?? 0) + 1 });
      expect((await going()).length).toBe(3);
      await look("-1 hour");
      // A rule that is set has its hour, in which others can be set.
      await setRetention(pool, tenant, { label: "keep=long", maxAgeSeconds: 365 * day });
      const { rows: tenants } = await pool.query<{ young: boolean }>(
        "SELECT retained > now() + interval '58 minutes' AS young FROM tenant WHERE tenant = $1",
        [tenant],
      );
      expect(tenants).toEqual([{ young: true }]);
      const tried = { label: "keep=long", maxAgeSeconds: 35 * day };
      expect((await goingOf(pool, tenant)).length).toBe(1);
      expect((await goingOf(pool, tenant, { tried })).length).toBe(3);
      expect((await goingOf(pool, tenant)).length).toBe(1);
      await setRetention(pool, tenant, { label: "keep=long" });
      await look("-1 hour");
      const said = () => depot.log.filter((line) => line.includes("let go by a rule of retention"));
      await until(() => said().length >= 3);
      for (const name of ["old", "kept", "both"]) expect(said().join("\n")).toContain(`${name}.db`);
      expect((await journalsIn(all)).map(({ name }) => name)).toEqual(["young.db"]);
    });
  });
});
