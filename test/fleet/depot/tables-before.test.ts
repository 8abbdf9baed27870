import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Depot } from "../../../src/fleet/client/index.ts";
import { postgresFolder } from "../postgres.ts";
import { type Fleet, startFleet, until } from "../running.ts";
import { runsIn } from "../first-page.ts";

const bin = postgresFolder();

/** A depot's database with the tables of version 5, as `pg_dump --inserts` wrote it; its tenant is `default`. */
const fixture = new URL("../../fixtures/depot-tables-5.sql.zst", import.meta.url);

describe.skipIf(bin === undefined)("a database with the tables of an earlier version", () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
  });

  afterAll(() => fleet.stop());

  test("is brought to those of this one, and its runs are found as before", async () => {
    await fleet.pool.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    await fleet.pool.query(zstdDecompressSync(readFileSync(fixture)).toString());
    // A machine whose clock was ahead.
    await fleet.pool.query("UPDATE run SET started = now() + interval '20 years' WHERE run = 1");
    const { url } = await fleet.depotHere();
    const asked = new Depot(url, { token: await fleet.token("default", "read"), patience: 20_000 });
    const found = async (search: Parameters<Depot["runsFrom"]>[0]) =>
      (await runsIn(asked, search)).map(({ guest, paths }) => [guest, paths]);
    expect(await found({})).toHaveLength(5);
    expect(await found({ since: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
    expect(await found({ path: "/work/1/part.txt" })).toEqual([["job 1", ["/work/1/part.txt"]]]);
    expect(await found({ path: "/work/2" })).toMatchObject([
      ["job 2", ["/work/2", expect.any(String)]],
    ]);
    expect(await found({ path: "*.pem" })).toEqual([["job 1", ["/work/id.pem"]]]);
    expect(await found({ path: "/work/17.bin" })).toEqual([["many", ["/work/17.bin"]]]);
    expect(await found({ labels: { job: "2" } })).toEqual([["job 2", undefined]]);
    await until(async () => {
      const { rows } = await fleet.pool.query("SELECT FROM journal WHERE digests_head < head");
      return rows.length === 0;
    });
    const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");
    const left = (text: string) => found({ digest: digestOf(text) });
    expect(await left("secret")).toEqual([["job 1", ["/work/id.pem"]]]);
    expect(await left("17")).toEqual([["many", ["/work/17.bin"]]]);
    expect(await left("no file")).toEqual([]);
  });
});
