import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { get } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWriter } from "../../../journal/index.ts";
import { ship } from "../../../src/fleet/client/index.ts";
import { play, runStart, tickingClock } from "../../journal/support.ts";
import { postgresFolder } from "../postgres.ts";
import { type DepotHere, type Fleet, clientOf, refusalOf, startFleet } from "../running.ts";
import { journalsIn, runsIn } from "../first-page.ts";

const bin = postgresFolder() ?? "";

describe.skipIf(bin === "")("a depot that is asked for much", { timeout: 120_000 }, () => {
  let fleet: Fleet;
  let depot: DepotHere;

  beforeAll(async () => {
    fleet = await startFleet(bin);
    depot = await fleet.depotHere({ searchTime: 1_000 });
  }, 120_000);

  afterAll(() => fleet.stop());

  /** Ships a journal, whatever is in it, and returns its id. */
  async function shipped(name: string, token: string, steps: Parameters<typeof play>[1]) {
    const file = join(fleet.folder, `${name}.db`);
    const writer = openWriter(file, { now: tickingClock() });
    play(writer, steps);
    writer.close();
    const { journal } = await ship(file, clientOf(depot.url, token));
    return journal;
  }

  function writeTo(path: string, ino: number, payload: Uint8Array) {
    const place = { ino: ino as never, path, offset: 0, length: payload.length };
    return { draft: { kind: "write", ...place } as const, payload };
  }

  test("answers others while it compares paths, and says when that takes too long", async () => {
    const token = await fleet.token("slow", "append", "read");
    const long = (end: number) => `/${"a".repeat(4_000)}${end}`;
    const files = Array.from({ length: 1_000 }, (_, at) =>
      writeTo(long(at), at + 2, Buffer.from("x")),
    );
    const starts = { draft: runStart };
    for (const name of ["one", "two"]) await shipped(name, token, [starts, ...files, "commit"]);
    await fleet.indexed();
    const client = clientOf(depot.url, token);
    const other = clientOf(depot.url, await fleet.token("other", "read"));
    await journalsIn(other);
    let [isAnswered, others] = [false, 0];
    const search = refusalOf(() => runsIn(client, { path: `*${"a".repeat(2_000)}b*` })).finally(
      () => (isAnswered = true),
    );
    while (!isAnswered) {
      await journalsIn(other);
      others += 1;
    }
    // The last one may have been asked before, and answered after it.
    expect(others).toBeGreaterThan(1);
    expect(await search).toContain("the search takes too long");
    const many = `{${Array.from({ length: 900 }, (_, at) => at).join(",")}}aaaaaaaaaa`;
    expect(await refusalOf(() => runsIn(client, { path: many }))).toContain("stands for more than");
  });

  test("holds no more of its answers in memory than it has room for, and gives that back", async () => {
    const token = await fleet.token("much", "append", "read");
    const noise = randomBytes(12 * 1024 * 1024);
    const journal = await shipped("large", token, [
      { draft: runStart },
      writeTo("/a", 2, noise),
      "commit",
    ]);
    const path = `/v1/journals/${journal}/packs/1`;
    const statuses: number[] = [];
    const open: { destroy(): void }[] = [];
    for (let at = 0; at < 10; at += 1) {
      const request = get(depot.url + path, {
        headers: { authorization: `Bearer ${token}` },
        agent: false,
      });
      const [response] = (await once(request, "response")) as [{ statusCode: number }];
      // Nobody reads it.
      statuses.push(response.statusCode);
      open.push(request);
    }
    expect(statuses.slice(0, 4)).toEqual([200, 200, 200, 200]);
    expect(statuses.at(-1)).toBe(429);
    for (const request of open) request.destroy();
    const client = clientOf(depot.url, token, 20_000);
    expect((await client.pack(journal, 1)).length).toBeGreaterThan(noise.length / 2);
  });
});
