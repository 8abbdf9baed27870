import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ship } from "../../../src/fleet/client/index.ts";
import { type Scope, createToken } from "../../../src/fleet/depot/index.ts";
import { redact } from "../../../src/index.ts";
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

const bin = postgresFolder();

describe.skipIf(bin === undefined)("a journal in a depot", () => {
  let fleet: Fleet;
  let depot: DepotHere;
  let folders = 0;

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    depot = await fleet.depotHere();
  });

  afterAll(() => fleet.stop());

  const granted = async (name: string, ...scopes: Scope[]) =>
    clientOf(depot.url, await createToken(fleet.pool, { tenant: "default", name, scopes }));

  function newFolder(): string {
    const folder = join(fleet.folder, `${(folders += 1)}`);
    mkdirSync(folder);
    return folder;
  }

  const senderOf = async (journal: string) => {
    const { rows } = await fleet.pool.query<{ sender: string }>(
      "SELECT sender FROM journal WHERE journal = $1",
      [Buffer.from(journal, "hex")],
    );
    return rows[0]?.sender;
  };

  test("is added to, and led astray, by no other machine's token", async () => {
    const folder = newFolder();
    const [file, stolen] = [join(folder, "a.db"), join(folder, "stolen.db")];
    const owner = await granted("owner", "append");
    const captured = await granted("captured", "append", "read");
    record(file);
    const { journal, head } = await ship(file, owner);
    copyFileSync(file, stolen);
    record(stolen, { secret: "what never happened" });
    expect(await refusalOf(() => ship(stolen, captured))).toMatch(
      /another token than captured sends the journal/,
    );
    expect(await owner.head(journal)).toMatchObject({ head });
    // The head that it knows, and a receipt for it, it may have.
    record(file);
    expect(await ship(file, owner)).toMatchObject({ head: eventsIn(file), packs: 1 });
    expect(await senderOf(journal)).toBe("owner");
  });

  test("goes on by a new token of the same name, and by who may erase, who takes it from nobody", async () => {
    const file = join(newFolder(), "a.db");
    record(file);
    const { journal } = await ship(file, await granted("rotated", "append"));
    record(file);
    expect(await ship(file, await granted("rotated", "append"))).toMatchObject({ packs: 1 });
    redact(file, { path: "/etc/key.pem" });
    expect(await ship(file, await granted("officer", "append", "erase"))).toMatchObject({
      packs: 1,
    });
    record(file);
    expect(await ship(file, await granted("rotated", "append"))).toMatchObject({ packs: 1 });
    expect(await senderOf(journal)).toBe("rotated");
  });

  test("from before senders were kept is the first one's that sends next, unless that may erase", async () => {
    const file = join(newFolder(), "a.db");
    record(file);
    const { journal } = await ship(file, await granted("before", "append"));
    await fleet.pool.query("UPDATE journal SET sender = '' WHERE journal = $1", [
      Buffer.from(journal, "hex"),
    ]);
    record(file);
    await ship(file, await granted("cleaner", "append", "erase"));
    expect(await senderOf(journal)).toBe("");
    record(file);
    await ship(file, await granted("next", "append"));
    expect(await senderOf(journal)).toBe("next");
    record(file);
    expect(await refusalOf(async () => ship(file, await granted("before", "append")))).toMatch(
      /another token than before sends/,
    );
  });

  test("refuses a pack that was on its way when it was given to another token, and says why", async () => {
    const file = join(newFolder(), "a.db");
    record(file);
    const before = await granted("before it", "append");
    const { journal } = await ship(file, before);
    record(file);
    const client = await fleet.pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("UPDATE journal SET sender = 'after it' WHERE journal = $1", [
        Buffer.from(journal, "hex"),
      ]);
      const refused = refusalOf(() => ship(file, before));
      await until(async () => {
        const { rowCount } = await fleet.pool.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database()
          AND wait_event_type = 'Lock' AND query LIKE 'UPDATE journal SET state%'`,
        );
        return rowCount === 1;
      });
      await client.query("COMMIT");
      expect(await refused).toMatch(/another token than before it sends the journal/);
    } finally {
      client.release();
    }
  });

  test("is given to another token by who runs the depot, as the refusal says", async () => {
    const folder = newFolder();
    const env = {
      REWINDFS_DATABASE: fleet.database,
      REWINDFS_DEPOT: depot.url,
      REWINDFS_DEPOT_KEY: fleet.key,
    };
    const run = async (token: string, ...args: string[]) =>
      fleet.cli(folder, args, { ...env, REWINDFS_DEPOT_TOKEN: token });
    const tokenOf = async (...args: string[]) =>
      (await run("", "depot", "grant", ...args, "--scope", "append")).stdout.trim();
    const [old, fresh] = [await tokenOf("it's old"), await tokenOf("it's new")];
    const files = ["a.db", "b.db"];
    for (const file of files) record(join(folder, file));
    expect((await run(old, "ship", ...files)).exit).toBe(0);
    for (const file of files) record(join(folder, file));
    const refused = await run(fresh, "ship", ...files);
    const [, hint = ""] = /\nHint: .*: rewindfs (.*)\n$/.exec(refused.stderr) ?? [];
    expect([refused.exit, hint]).toEqual([
      2,
      expect.stringMatching(/^depot reassign [0-9a-f]{32} --name "it's new"$/),
    ]);
    const [, , id = ""] = hint.split(" ");
    const given = await run("", "depot", "reassign", id, "--name", "it's new");
    expect(given).toMatchObject({
      exit: 0,
      stderr: `1 journal of ${id}: from now on the token it's new sends what is added\n`,
    });
    expect((await run(fresh, "-j", "a.db", "ship")).exit).toBe(0);
    expect((await run(fresh, "-j", "b.db", "ship")).exit).toBe(2);
    const all = await run("", "depot", "reassign", "it's old", "--name", "it's new");
    expect(all.stderr).toMatch(/^1 journal of it's old: /);
    expect((await run(fresh, "-j", "b.db", "ship")).exit).toBe(0);
    record(join(folder, "b.db"));
    expect((await run(old, "-j", "b.db", "ship")).stderr).toContain("another token than it's old");
    const nobody = await run("", "depot", "reassign", id, "--name", "nobody");
    expect(nobody).toMatchObject({
      exit: 2,
      stderr: "rewindfs: there is no token nobody\nHint: `rewindfs depot grant NAME` makes one\n",
    });
    expect((await run("", "depot", "reassign", "unknown", "--name", "it's new")).exit).toBe(1);
    expect((await run("", "depot", "reassign", id)).exit).toBe(2);
    expect((await run("", "depot", "grant", "")).exit).toBe(2);
  }, 60_000);
});
