import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Depot, ship } from "../../src/fleet/client/index.ts";
import { openFileSystem } from "../../src/index.ts";
import { withTemporary } from "../support/temporary.ts";
import { postgresFolder } from "./postgres.ts";
import { type DepotProcess, type Fleet, startFleet } from "./running.ts";

const bin = postgresFolder();

describe.skipIf(bin === undefined)("a search", () => {
  let fleet: Fleet;
  let depot: DepotProcess;
  const tokenFor = (tenant: string) => fleet.token(tenant, "append", "read", "erase");

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    depot = await fleet.depot();
  });

  afterAll(() => fleet.stop());

  test("over more runs than are looked at together finds each once, the newest first", async () => {
    await withTemporary(async (folder) => {
      const asked = new Depot(depot.url, { token: await tokenFor("many"), patience: 2_000 });
      const file = join(folder, "a.db");
      const count = 1_100;
      const files = openFileSystem(file, { durability: "batch" });
      for (let run = 1; run <= count; run++)
        files.run(`bin/job-${run % 2}`, () => files.writeFile(`/${run}.txt`, Buffer.from("x")));
      files.close();
      await ship(file, asked);
      await fleet.indexed();
      const down = (from: number, by: number) =>
        Array.from({ length: Math.ceil(from / by) }, (_, at) => from - at * by);
      const found = async (search: Parameters<Depot["runs"]>[0]) =>
        (await asked.runs({ limit: 1_000, ...search })).map(({ run }) => run);
      expect(await found({})).toEqual(down(count, 1).slice(0, 1_000));
      expect(await found({ path: "*.txt", guest: "job-1" })).toEqual(down(count - 1, 2));
      expect(await found({ guest: "./bin//job-0" })).toEqual(down(count, 2));
      // The oldest are on the last page.
      expect(await found({ path: "/{1,2,1100}.txt", limit: 3 })).toEqual([count, 2, 1]);
      expect(await found({ path: "/[12].txt" })).toEqual([2, 1]);
      for (const guest of ["bin", "job", "no", "*-7"])
        expect(await found({ guest })).toHaveLength(guest === "bin" ? 1_000 : 0);
    });
  });
});
