import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ship } from "../../../src/fleet/client/index.ts";
import { postgresFolder } from "../postgres.ts";
import { type Fleet, clientOf, record, startFleet, until } from "../running.ts";

const bin = postgresFolder() ?? "";

describe.skipIf(bin === "")("a depot's folder for temporary files", { timeout: 120_000 }, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet(bin);
  }, 120_000);
  afterAll(() => fleet.stop());

  /** Starts a depot with a folder of its own. */
  async function started(name: string) {
    const folder = join(fleet.folder, name);
    mkdirSync(folder);
    return { folder, process: await fleet.depot({ env: { TMPDIR: folder } }) };
  }

  /** Has a depot look into a journal with a secret. */
  async function looking(name: string, { folder, process }: Awaited<ReturnType<typeof started>>) {
    const client = clientOf(process.url, await fleet.token(name, "append", "read", "erase"));
    const file = join(fleet.folder, `${name}.db`);
    record(file, { secret: `the secret ${name}` });
    const { journal } = await ship(file, client);
    await client.view(journal);
    await until(() => hasSecret(folder, name));
    return { client, journal };
  }

  test("has no bytes of a journal that was erased, and none that were redacted", async () => {
    const depot = await started("living");
    const { folder } = depot;
    const erased = await looking("erased", depot);
    await erased.client.erase(erased.journal);
    await until(() => !hasSecret(folder, "erased"));
    const { client, journal } = await looking("redacted", depot);
    await client.redact(journal, [
      { start: 0 as never, length: "the secret redacted of 3".length },
    ]);
    await until(() => !hasSecret(folder, "redacted"));
    // It goes on, and makes the next view without them.
    await client.view(journal);
    expect(hasSecret(folder, "redacted")).toBe(false);
    await depot.process.kill("SIGTERM");
  });

  test("has none of one that was killed, once another one looks into a journal", async () => {
    const depot = await started("killed");
    const { folder, process } = depot;
    await looking("killed", depot);
    await process.kill("SIGKILL");
    expect(hasSecret(folder, "killed")).toBe(true);
    const { url } = await fleet.depot({ env: { TMPDIR: folder } });
    const client = clientOf(url, await fleet.token("other", "append", "read"));
    const file = join(fleet.folder, "other.db");
    record(file);
    await client.view((await ship(file, client)).journal);
    expect(hasSecret(folder, "killed")).toBe(false);
  });
});

function hasSecret(folder: string, name: string): boolean {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).some((path) => {
    try {
      return readFileSync(join(folder, path)).includes(`the secret ${name}`);
    } catch {
      // It is a folder, or was removed meanwhile.
      return false;
    }
  });
}
