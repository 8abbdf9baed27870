import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ship } from "../../src/fleet/client/index.ts";
import { postgresFolder } from "./postgres.ts";
import { type Fleet, clientOf, record, startFleet } from "./running.ts";

const bin = postgresFolder() ?? "";

describe.skipIf(bin === "")("what is kept of a journal of a depot", { timeout: 120_000 }, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet(bin);
  }, 120_000);
  afterAll(() => fleet.stop());

  test("is fetched again where it is no database any more", async () => {
    const { url } = await fleet.depot();
    const token = await fleet.token("one", "append", "read");
    const folder = join(fleet.folder, "reader");
    mkdirSync(folder);
    const file = join(fleet.folder, "a.db");
    record(file, { secret: "what was written" });
    const { journal } = await ship(file, clientOf(url, token));
    const cat = () =>
      fleet.cli(
        folder,
        ["-j", `${url.replace("http:", "depot:")}/${journal}`, "cat", "/etc/key.pem"],
        { REWINDFS_DEPOT_TOKEN: token },
      );
    const { stdout } = await cat();
    expect(stdout).toContain("what was written");
    const cache = join(folder, ".cache", "rewindfs", "depot");
    for (const damage of [
      () => Buffer.alloc(5_000, 7),
      (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 1)]),
    ]) {
      for (const name of readdirSync(cache)) {
        const kept = join(cache, name);
        writeFileSync(kept, damage(readFileSync(kept)));
      }
      expect(await cat()).toEqual({ stdout, stderr: "", exit: 0 });
    }
  });
});
