import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server, type Socket, connect } from "node:net";
import { createServer as createHttp } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePack, openPacking, openReader, verify } from "../../../journal/index.ts";
import { Depot, pull, ship } from "../../../src/fleet/client/index.ts";
import { openFileSystem } from "../../../src/index.ts";
import { start } from "../../support/screen/command.ts";
import { scale } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";
import { type Postgres, postgresFolder, startPostgres, unsynced } from "../postgres.ts";
import {
  type DepotProcess,
  type Fleet,
  clientOf,
  eventsIn,
  record,
  startFleet,
  until,
} from "../running.ts";

const bin = postgresFolder();

describe.skipIf(bin === undefined)("depots that fail", { timeout: 180_000 }, () => {
  let postgres: Postgres;
  let fleet: Fleet;
  let token: string;
  /** A depot that does not fail itself. */
  let depot: DepotProcess;

  beforeAll(async () => {
    postgres = await startPostgres(bin ?? "", unsynced);
    fleet = await startFleet(bin ?? "", postgres);
    token = await fleet.token("default", "append", "read");
    depot = await fleet.depot();
  });
  afterAll(async () => {
    await fleet.stop();
    postgres.stop();
  });

  /** Checks that a depot has a journal as its machine has it, each event once. */
  async function isThere(url: string, file: string, folder: string): Promise<void> {
    const client = clientOf(url, token, 20_000);
    const reader = openReader(file);
    const { id } = reader;
    reader.close();
    const { rows } = await fleet.pool.query(
      `SELECT sum(last - first + 1)::int AS events, count(*)::int AS packs,
        count(DISTINCT first)::int AS beginnings FROM pack WHERE journal = $1`,
      [Buffer.from(id, "hex")],
    );
    expect(rows[0]).toMatchObject({ events: eventsIn(file) });
    expect(rows[0].packs).toBe(rows[0].beginnings);
    const copy = join(folder, `copy-${Math.random()}.db`);
    await pull(client, id, copy);
    expect(verify(copy)).toMatchObject({ ok: true, head: verify(file).head });
  }

  test("answers that are lost after they were carried out, or come of a request that came twice, change nothing", async () => {
    // Every third answer is lost, and every fourth request is sent twice.
    let calls = 0;
    const lossy = createHttp((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        void (async () => {
          calls += 1;
          const own = calls;
          const { method = "GET", url = "/", headers } = request;
          const body = chunks.length === 0 ? null : Buffer.concat(chunks);
          const once = () =>
            fetch(depot.url + url, {
              method,
              headers: {
                authorization: headers.authorization ?? "",
                ...ours(Object.entries(headers)),
              },
              body,
            });
          if (own % 4 === 0) await (await once()).arrayBuffer();
          const answer = await once();
          const bytes = Buffer.from(await answer.arrayBuffer());
          if (own % 3 === 0) return void request.socket.destroy();
          const passed = { "content-type": "application/json", ...ours(answer.headers) };
          response.writeHead(answer.status, passed).end(bytes);
        })().catch(() => request.socket.destroy());
      });
    });
    await new Promise<void>((resolve) => lossy.listen(0, "127.0.0.1", resolve));
    const { port } = lossy.address() as AddressInfo;
    try {
      await withTemporary(async (folder) => {
        const file = join(folder, "a.db");
        const times = { firstWait: 20 };
        const client = new Depot(`http://127.0.0.1:${port}`, { token, patience: 60_000, times });
        for (let round = 0; round < 6; round++) {
          record(file, { files: 5 });
          await ship(file, client);
        }
        expect(calls).toBeGreaterThan(12);
        await isThere(depot.url, file, folder);
      });
    } finally {
      lossy.closeAllConnections();
      lossy.close();
    }
  });

  test("depots and their database are killed again and again while machines send; each event is there once", async () => {
    let mortal = await fleet.depot();
    const { port } = new URL(mortal.url);
    await withTemporary(async (folder) => {
      const files = Array.from({ length: scale > 1 ? 6 : 4 }, (_, at) => join(folder, `${at}.db`));
      for (const file of files) record(file, { files: 20 });
      let isOver = false;
      const senders = files.map(async (file) => {
        const times = { firstWait: 50, longestAsked: 200 };
        const client = new Depot(mortal.url, { token, patience: 120_000, times });
        while (!isOver) {
          record(file, { files: 5 });
          await ship(file, client);
        }
        await ship(file, client);
      });
      for (let round = 0; round < (scale > 1 ? 10 : 2); round++) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        if (round % 2 === 0) {
          await mortal.kill("SIGKILL");
          mortal = await fleet.depot({ port: Number(port) });
        } else {
          postgres.crash();
          postgres.start();
        }
      }
      isOver = true;
      await Promise.all(senders);
      for (const file of files) await isThere(mortal.url, file, folder);
      await fleet.indexedAfterFailure();
    });
    await mortal.kill("SIGTERM");
  });

  test("two depots on one database, many machines, and two senders for each journal", async () => {
    const second = await fleet.depot();
    const depots = [depot, second];
    await withTemporary(async (folder) => {
      const count = scale > 1 ? 100 : 8;
      const files = Array.from({ length: count }, (_, at) => join(folder, `${at}.db`));
      const [first = ""] = files;
      for (const file of files) record(file, { labels: { hundred: file } });
      const clients = depots.map(({ url }) => new Depot(url, { token, patience: 120_000 }));
      await Promise.all(files.flatMap((file) => clients.map((client) => ship(file, client))));
      for (const file of [first, files[count >> 1] ?? first, files.at(-1) ?? first])
        await isThere(depots[0]?.url ?? "", file, folder);
      await fleet.indexed();
      const { rows } = await fleet.pool.query(
        "SELECT count(*)::int AS runs FROM run WHERE labels ? 'hundred'",
      );
      expect(rows).toEqual([{ runs: count }]);
    });
    await second.kill("SIGTERM");
  });

  test.skipIf(!hasStrace())("a machine has on disk what it sends, before it sends it", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      // While it is open its last commits are in SQLite's log alone.
      const files = openFileSystem(file);
      files.run("job", () => files.writeFile("/a", Buffer.from("a")));
      const trace = join(folder, "trace");
      const [program, main] = start;
      const calls = "trace=fdatasync,write,writev,sendto,sendmsg";
      const args = ["-f", "-y", "-s", "80", "-e", calls, "-o", trace, program, main];
      const env = { ...process.env, XDG_STATE_HOME: folder, REWINDFS_DEPOT_TOKEN: token };
      const child = spawn("strace", [...args, "-j", file, "ship", "--depot", depot.url], { env });
      const [exit] = await once(child, "close");
      files.close();
      expect(exit).toBe(0);
      const lines = readFileSync(trace, "utf8").split("\n");
      const synced = lines.findIndex((line) => /fdatasync\(\d+<[^>]*a\.db-wal>/.test(line));
      const sent = lines.findIndex((line) => line.includes("POST /v1/journals/"));
      expect(synced).toBeGreaterThan(-1);
      expect(sent).toBeGreaterThan(synced);
    });
  });

  test("a depot that is away for as long as you like costs a sender no memory, and gets all afterwards", async () => {
    // A place that takes no connection, until it leads to the depot.
    let isOpen = false;
    const gate = await openGate(new URL(depot.url), () => isOpen);
    try {
      await withTemporary(async (folder) => {
        const file = join(folder, "a.db");
        record(file, { files: 50 });
        const waits: number[] = [];
        let refused = 0;
        const client = new Depot(gate.url, {
          token,
          patience: Number.POSITIVE_INFINITY,
          times: { firstWait: 20 },
          onWait(_reason, milliseconds) {
            waits.push(milliseconds);
            refused += 1;
            if (refused === 4) isOpen = true;
          },
        });
        const shipped = ship(file, client);
        record(file, { files: 50 });
        expect(await shipped).toMatchObject({ head: eventsIn(file) });
        expect(waits.length).toBeGreaterThanOrEqual(4);
        // Each wait is about twice the one before.
        expect(waits[3]).toBeGreaterThan(waits[0] ?? 0);
        await isThere(depot.url, file, folder);
      });
    } finally {
      gate.close();
    }
  });

  test("tokens of two tenants hold bounded memory, and others send on", async () => {
    const { hostname, port } = new URL(depot.url);
    const sockets: Socket[] = [];
    const said: string[] = [];
    const megabyte = Buffer.alloc(1024 * 1024);
    try {
      for (const tenant of ["slow one", "slow two"]) {
        const own = await fleet.token(tenant, "append");
        for (let at = 0; at < 8; at++) {
          const socket = connect(Number(port), hostname);
          sockets.push(socket);
          socket.on("error", () => {});
          socket.on("data", (bytes) => said.push(bytes.toString("latin1")));
          socket.write(
            `POST /v1/journals/${"0".repeat(32)}/packs HTTP/1.1\r\nhost: depot\r\nauthorization: Bearer ${own}\r\ncontent-length: ${15 * megabyte.length}\r\n\r\n`,
          );
          for (let part = 0; part < 14; part++) socket.write(megabyte);
        }
      }
      // They hold 64 MiB each, and the rest is told to come again.
      while (said.filter((text) => / 429 /.test(text)).length < 6)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect(said.join("")).toMatch(/retry-after: 5/i);
      await withTemporary(async (folder) => {
        const file = join(folder, "a.db");
        record(file, {});
        expect(await ship(file, clientOf(depot.url, token))).toMatchObject({
          head: eventsIn(file),
        });
      });
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  test("a transaction that stands still is ended by the database, as is a statement that takes for ever", async () => {
    const { rows } = await fleet.pool.query(
      `SELECT name, setting FROM pg_settings
      WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout') ORDER BY name`,
    );
    expect(rows).toEqual([
      { name: "idle_in_transaction_session_timeout", setting: "60000" },
      { name: "statement_timeout", setting: "300000" },
    ]);
    const client = await fleet.pool.connect();
    const lost: Error[] = [];
    client.on("error", (error) => lost.push(error));
    try {
      await client.query("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 10");
      await until(() => lost.length > 0);
      expect(lost[0]).toMatchObject({ code: "25P03" });
    } finally {
      client.release(true);
    }
  });

  test("a thousand connections without a request keep no sender out", async () => {
    // No connection to it is kept that it might close.
    const depot = await fleet.depotHere();
    const { hostname, port } = new URL(depot.url);
    const sockets: Socket[] = [];
    let closed = 0;
    try {
      for (let at = 0; at < 1_000; at++) {
        const socket = connect(Number(port), hostname);
        sockets.push(socket);
        socket.on("error", () => {});
        socket.on("close", () => (closed += 1));
        // One in two has begun with a request, and does not go on.
        if (at % 2 === 1) socket.write("GET /v1/runs HTTP/1.1\r\n");
        await once(socket, "connect");
      }
      await withTemporary(async (folder) => {
        const file = join(folder, "a.db");
        record(file);
        // It is not sent a second time.
        const client = new Depot(depot.url, { token, patience: 0 });
        expect(await ship(file, client)).toMatchObject({ head: eventsIn(file) });
        await isThere(depot.url, file, folder);
      });
      expect(closed).toBeLessThan(100);
    } finally {
      for (const socket of sockets) socket.destroy();
      await depot.stop();
    }
  });

  test("a flipped byte anywhere in a pack is refused, or is no change of what is in it", async () => {
    await withTemporary(async (folder) => {
      const file = join(folder, "a.db");
      record(file, { files: 2 });
      const reader = openReader(file);
      const pack = openPacking(reader).after(0);
      reader.close();
      if (pack === undefined) throw new TypeError("no pack");
      const bytes = encodePack(pack);
      const digest = verify(file).head;
      let client = clientOf(depot.url, token);
      const stride = scale > 1 ? 5 : 17;
      for (let at = 0, accepted = 0; at < bytes.length; at += stride) {
        const other = Buffer.from(bytes);
        other[at] = (other[at] ?? 0) ^ 0x10;
        try {
          // A few bits of a compressed frame say nothing of what is in it.
          expect(await client.send(pack.id, other, "flipped")).toMatchObject({ digest });
          accepted += 1;
          client = clientOf(depot.url, await fleet.token(`flipped ${accepted}`, "append", "read"));
        } catch (error) {
          expect(String(error)).toMatch(/^(?:DepotError|AstrayError)/);
          expect(await client.head(pack.id)).toMatchObject({ head: 0 });
        }
      }
      expect(await ship(file, client)).toMatchObject({ head: eventsIn(file) });
    });
  });
});

/** Returns the headers that a proxy must leave as they are. */
function ours(headers: Iterable<readonly [string, unknown]>): Record<string, string> {
  const all = [...headers].filter(([name]) => name.startsWith("rewindfs-"));
  return Object.fromEntries(all.map(([name, value]) => [name, String(value)]));
}

function hasStrace(): boolean {
  return spawnSync("strace", ["-V"]).status === 0;
}

interface Gate {
  readonly url: string;
  close(): void;
}

/** Leads connections on while it is open, and drops them otherwise. */
async function openGate(to: URL, isOpen: () => boolean): Promise<Gate> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    if (!isOpen()) return void socket.destroy();
    const onward = connect(Number(to.port), to.hostname);
    sockets.add(onward);
    onward.on("error", () => socket.destroy());
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
