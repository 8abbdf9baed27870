import { connect } from "node:net";
import { join } from "node:path";
import type pg from "pg";
import { describe, expect, test } from "vitest";
import {
  type Draft,
  encodePack,
  eventsOf,
  openPacking,
  openReader,
  openWriter,
  redactPack,
  rootIno,
  verify,
} from "../../../journal/index.ts";
import { type Depot, pull, ship } from "../../../src/fleet/client/index.ts";
import { type Scope, createToken } from "../../../src/fleet/depot/index.ts";
import { type ByteRange, databaseObjects } from "../../../src/fleet/depot/objects/objects.ts";
import { PackThread } from "../../../src/fleet/depot/pack-threads.ts";
import { Worker } from "../../../src/fleet/depot/worker.ts";
import { openFileSystem } from "../../../src/index.ts";
import { withTemporary } from "../../support/temporary.ts";
import { runsIn } from "../first-page.ts";

/** A depot that is running. */
export interface Running {
  readonly pool: pg.Pool;
  readonly url: string;
  readonly depotFor: (tenant: string, ...scopes: Scope[]) => Promise<Depot>;
  readonly indexed: () => Promise<void>;
}

const started: Draft & { readonly kind: "run-start" } = {
  kind: "run-start",
  cause: "library",
  guest: "job",
  args: [],
  environment: [],
  digest: "ab".repeat(32),
  limits: new Map(),
};

/** Tests of what somebody can do who has taken over a machine, and writes journals of their own. */
export function describeCaptured(running: () => Running): void {
  describe("that a captured machine sends to", () => {
    test("a path of a million names costs no time that grows with its square, and hides no run", async () => {
      const { depotFor, indexed } = running();
      await withTemporary(async (folder) => {
        const file = join(folder, "a.db");
        forge(file, [started, make("/a".repeat(1_000_000)), make("/b".repeat(2_040))]);
        const depot = await depotFor("deep", "append", "read");
        await ship(file, depot);
        await indexed();
        expect(await runsIn(depot, { path: "/b/b/b" })).toMatchObject([{ run: 1 }]);
        // It may have been the one that was not kept.
        expect(await runsIn(depot, { path: "/c" })).toMatchObject([{ run: 1 }]);
      });
    });

    test("a redaction that is only said to come hides nothing else, and no token to append changes one", async () => {
      const { depotFor } = running();
      await withTemporary(async (folder) => {
        const file = join(folder, "a.db");
        const files = openFileSystem(file);
        files.run("one", () => files.writeFile("/a", Buffer.from("evidence")));
        files.run("two", () => files.writeFile("/b", Buffer.from("more evidence")));
        files.close();
        const reader = openReader(file);
        const pack = openPacking(reader).after(0);
        reader.close();
        if (pack === undefined) throw new TypeError("no pack");
        const first = [...eventsOf(pack)].find(({ event }) => event.kind === "write");
        if (first?.event.kind !== "write" || first.payload === undefined) throw new TypeError();
        const { tape: start, length } = first.event;
        // As the machine would send what it redacted by a run that comes later.
        const promised = redactPack(pack, [{ start, length, run: 99 as never }]);
        const depot = await depotFor("promising", "append", "read");
        await depot.send(pack.id, encodePack(promised), "a.db");
        const copy = join(folder, "copy.db");
        await pull(depot, pack.id, copy);
        expect(verify(copy)).toMatchObject({ ok: true, redacted: { spans: 1 } });
        const read = openReader(copy);
        const bytes = Buffer.alloc(13);
        read.readTape(length, bytes.length, bytes, 0);
        read.close();
        expect(bytes.toString()).toBe("more evidence");
        const other = await depotFor("promising otherwise", "append", "read");
        const byNone = encodePack(redactPack(pack, [{ start, length }]));
        await expect(other.send(pack.id, byNone, "a.db")).rejects.toThrow(/no run which may do so/);
      });
    });

    test("a journal whose packs are gone from the store keeps no other from its turn", async () => {
      const { pool, depotFor, indexed } = running();
      await withTemporary(async (folder) => {
        const [lost, other] = [join(folder, "lost.db"), join(folder, "other.db")];
        for (const file of [lost, other]) forge(file, [started, make("/a")]);
        const depot = await depotFor("lost", "append", "read", "erase");
        const { journal } = await ship(lost, depot);
        await indexed();
        await pool.query("DELETE FROM blob WHERE strpos(object, $1) > 0", [journal]);
        await pool.query(
          "UPDATE journal SET indexed = 0, received = now() - interval '1 year' WHERE journal = $1",
          [Buffer.from(journal, "hex")],
        );
        const neighbour = await depotFor("neighbour", "append", "read");
        await ship(other, neighbour);
        await expect
          .poll(() => runsIn(neighbour, {}), { timeout: 20_000, interval: 100 })
          .toHaveLength(1);
        await depot.erase(journal);
      });
    });

    test("what is erased while it is indexed does not come back", async () => {
      const { pool, depotFor, indexed } = running();
      await withTemporary(async (folder) => {
        const file = join(folder, "a.db");
        forge(file, [started, make("/secret")]);
        const depot = await depotFor("erasing", "append", "read", "erase");
        const { journal } = await ship(file, depot);
        await indexed();
        const key = Buffer.from(journal, "hex");
        // As it is just before it is indexed; the lease keeps the depot's own worker from it.
        await pool.query("DELETE FROM run WHERE journal = $1", [key]);
        const objects = databaseObjects(pool);
        const erasing = {
          ...objects,
          async get(name: string, range: ByteRange) {
            const bytes = await objects.get(name, range);
            if (name.includes(journal)) await depot.erase(journal);
            return bytes;
          },
        };
        const due = pool.query(
          "UPDATE journal SET indexed = 0, lease = now() - interval '1 second', received = now() - interval '1 year' WHERE journal = $1",
          [key],
        );
        const thread = new PackThread();
        await Promise.all([due, new Worker(pool, erasing, thread, () => {}).indexNext()]);
        await thread.stop();
        await depot.erase(journal).catch(() => {});
        const { rows } = await pool.query("SELECT FROM run WHERE journal = $1", [key]);
        expect(rows).toEqual([]);
      });
    });

    test("searches and lists that make no sense are refused, and are no failure of the depot", async () => {
      const { pool, url } = running();
      const token = await createToken(pool, { tenant: "odd", name: "odd", scopes: ["read"] });
      const statusOf = async (path: string) => {
        const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
        return response.status;
      };
      const braces = encodeURIComponent("{a,b}".repeat(20));
      const none = "0".repeat(32);
      for (const path of [
        `/v1/runs?path=${braces}`,
        `/v1/runs?guest=${braces}`,
        "/v1/runs?since=0000-01-01",
        "/v1/runs?exit=1e3",
        "/v1/runs?after=2026-01-01T00:00:00Z",
        "/v1/runs?after=2026-13-01T00:00:00Z%20" + "0".repeat(32) + "%201",
        "/v1/journals?after=now",
        `/v1/journals/${none}/packs?after=1.5`,
        `/v1/journals/${none}/packs?after=-1`,
        `/v1/journals/${none}/packs?after=1e99`,
      ])
        expect([path, await statusOf(path)]).toEqual([path, 400]);
    });

    test("who says that much will come, and sends nothing, keeps nobody else away", async () => {
      const { pool, url, depotFor } = running();
      const token = await createToken(pool, { tenant: "slow", name: "slow", scopes: ["append"] });
      const { hostname, port } = new URL(url);
      const sockets = Array.from({ length: 4 }, () => connect(Number(port), hostname));
      try {
        for (const socket of sockets) {
          socket.on("error", () => {});
          socket.write(
            `POST /v1/journals/${"0".repeat(32)}/packs HTTP/1.1\r\nhost: depot\r\nauthorization: Bearer ${token}\r\ncontent-length: 268435456\r\n\r\n1`,
          );
        }
        await withTemporary(async (folder) => {
          const file = join(folder, "a.db");
          forge(file, [started, make("/a")]);
          const depot = await depotFor("others", "append");
          expect(await ship(file, depot)).toMatchObject({ head: 2 });
        });
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    });
  });
}

let inodes = 2;

function make(path: string): Draft {
  const name = path.slice(path.lastIndexOf("/") + 1);
  inodes += 1;
  return { kind: "mkdir", parent: rootIno, name: name as never, ino: inodes as never, path };
}

/** Writes a journal of these events, whose chain is right, whether or not they make sense. */
function forge(file: string, drafts: readonly Draft[]): void {
  const writer = openWriter(file);
  for (const draft of drafts) writer.append(draft);
  writer.close();
}
