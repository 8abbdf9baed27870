import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openReader, verify } from "../../../journal/index.ts";
import { Depot, pull, ship } from "../../../src/fleet/client/index.ts";
import { openFileSystem } from "../../../src/index.ts";
import { withTemporary } from "../../support/temporary.ts";
import { type Postgres, postgresFolder, startPostgres, unsynced } from "../postgres.ts";
import { type Fleet, clientOf, eventsIn, startFleet, until } from "../running.ts";
import { runsIn } from "../first-page.ts";

const bin = postgresFolder();
const disk = bin === undefined ? undefined : makeDisk("8m");

describe.skipIf(disk === undefined)("a depot whose disk is full", { timeout: 300_000 }, () => {
  let postgres: Postgres;
  let fleet: Fleet;

  beforeAll(async () => {
    postgres = await startPostgres(bin ?? "", unsynced);
    fleet = await startFleet(bin ?? "", postgres);
    await fleet.pool.query(`CREATE TABLESPACE small LOCATION '${disk ?? ""}'`);
    await fleet.pool.query("ALTER TABLE blob SET TABLESPACE small");
  });
  afterAll(async () => {
    await fleet.stop();
    postgres.stop();
    execFileSync("umount", [disk ?? ""]);
    rmdirSync(disk ?? "");
  });

  test("says so, and goes on with what machines have kept once there is room", async () => {
    const depot = await fleet.depotHere();
    const token = await fleet.token("default", "append", "read");
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      const files = openFileSystem(file);
      for (let at = 0; at < 3; at += 1)
        files.run("job", () => files.writeFile(`/${at}`, randomBytes(4 * 1024 * 1024)));
      files.close();
      const waits: string[] = [];
      const client = new Depot(depot.url, {
        token,
        patience: Number.POSITIVE_INFINITY,
        times: { longestAsked: 100 },
        onWait: (reason) => void waits.push(reason),
      });
      const shipped = ship(file, client);
      await until(() => waits.length >= 2);
      expect(waits).toContain("the disk of the depot's database is full");
      expect(depot.log.join("\n")).toMatch(/"level":"error".*No space left on device/);
      const { head } = await clientOf(depot.url, token).head(idOf(file));
      expect(head).toBeLessThan(eventsIn(file));
      // It answers all else meanwhile.
      expect((await fetch(`${depot.url}/healthz`)).status).toBe(200);
      execFileSync("mount", ["-o", "remount,size=200m", disk ?? ""]);
      const { journal } = await shipped;
      expect(await client.head(journal)).toMatchObject({ head: eventsIn(file) });
      const copy = join(folder, "copy.db");
      await pull(client, journal, copy);
      expect(verify(copy)).toMatchObject({ ok: true, head: verify(file).head });
      await fleet.indexedAfterFailure();
      expect(await runsIn(client, { journal })).toHaveLength(3);
    });
    await depot.stop();
  });
});

function idOf(file: string): string {
  const reader = openReader(file);
  try {
    return reader.id;
  } finally {
    reader.close();
  }
}

/** Makes a small disk that PostgreSQL may write to; undefined, said aloud, where none may be mounted. */
function makeDisk(size: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-disk-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  if (status !== 0) {
    rmdirSync(folder);
    process.stderr.write("nothing can be mounted here: a full disk of the depot is not tested.\n");
    return undefined;
  }
  const numberOf = (flag: string) =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  chownSync(folder, numberOf("-u"), numberOf("-g"));
  return folder;
}
