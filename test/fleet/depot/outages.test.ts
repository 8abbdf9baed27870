import { type IncomingMessage, type ServerResponse, createServer, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPacking, openReader, verify } from "../../../journal/index.ts";
import { Depot, pull, ship } from "../../../src/fleet/client/index.ts";
import { s3Objects, s3OptionsIn } from "../../../src/fleet/depot/objects/s3.ts";
import { scale } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";
import { postgresFolder } from "../postgres.ts";
import { type Fleet, eventsIn, record, startFleet, until } from "../running.ts";
import { type S3, startS3 } from "../s3.ts";
import { runsIn } from "../first-page.ts";

const bin = postgresFolder();
const mebibyte = 1024 * 1024;

/** Something that a store does to a request in place of what it should. */
type Fault = (request: IncomingMessage, response: ServerResponse, pass: Pass) => void;
/** Passes a request on, and gives its answer. */
type Pass = () => Promise<{ status: number; headers: Record<string, string>; body: Buffer }>;

const refusing =
  (status: number, code: string): Fault =>
  (request, response) => {
    request.resume();
    response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`);
  };

/** Faults of a store within a request; each is over after some requests. */
const faults: Readonly<Record<string, Fault>> = {
  "cuts the connection before anything is sent": (request) => request.socket.destroy(),
  "cuts the connection when the request has come half": (request) => {
    request.once("data", () => request.socket.destroy());
    request.once("end", () => request.socket.destroy());
  },
  "does what it is asked, and cuts the connection": (request, _response, pass) => {
    void pass().finally(() => request.socket.destroy());
  },
  "cuts the answer": (request, response, pass) => {
    void pass().then(({ status, headers, body }) => {
      response.writeHead(status, { ...headers, "content-length": body.length + 10 });
      response.write(body.subarray(0, body.length >> 1), () => request.socket.destroy());
    });
  },
  "says that half of the bytes are all": (_request, response, pass) => {
    void pass().then(({ status, headers, body }) => {
      const half = body.subarray(0, body.length >> 1);
      response.writeHead(status, { ...headers, "content-length": half.length }).end(half);
    });
  },
  "gives other bytes": (_request, response, pass) => {
    void pass().then(({ status, headers, body }) => {
      response.writeHead(status, headers).end(Buffer.alloc(body.length, 7));
    });
  },
  "answers with 500": refusing(500, "InternalError"),
  "answers with 503": refusing(503, "SlowDown"),
  "answers with 429": refusing(429, "TooManyRequests"),
  "answers with 403": refusing(403, "AccessDenied"),
};

/** Times of clients that come back soon, whatever they are asked for. */
const soon = { firstWait: 20, longestAsked: 20 };

/** A plain run tries some of them. */
const stride = scale > 1 ? 1 : 3;
const begin = Math.floor(Math.random() * stride);
const tried = Object.keys(faults).filter((_, at) => at % stride === begin);

describe.skipIf(bin === undefined)("an object store that fails", { timeout: 300_000 }, () => {
  let fleet: Fleet;
  let s3: S3 | undefined;
  let token: string;

  beforeAll(async () => {
    fleet = await startFleet(bin ?? "");
    s3 = await startS3();
    token = await fleet.token("default", "append", "read");
  });
  afterAll(async () => {
    await s3?.stop();
    await fleet.stop();
  });

  /** Starts a depot whose store is at the other end of a line, and which waits little before it asks again. */
  const depotOn = (line: Faulty, { env, store }: S3) =>
    fleet.depotHere({
      store,
      env: { ...env, AWS_ENDPOINT_URL: line.url },
      storeTimes: { firstWait: 10 },
    });

  test.for(tried)(
    "and %s loses nothing: what was sent comes there, and is read, once it is over",
    async (name, { skip }) => {
      if (s3 === undefined) return skip();
      const line = await openFaulty(s3.env["AWS_ENDPOINT_URL"] ?? "");
      const depot = await depotOn(line, s3);
      try {
        await withTemporary(async (folder) => {
          const file = join(folder, "a.db");
          const client = new Depot(depot.url, { token, patience: 60_000, times: soon });
          record(file, { files: 20 });
          // It fails for longer than the depot itself tries, within a pack that is sent, and one that is read.
          line.fail(faults[name], 5);
          const { journal } = await ship(file, client);
          line.fail(undefined, 0);
          expect(await client.head(journal)).toMatchObject({ head: eventsIn(file) });
          line.fail(faults[name], 5);
          const copy = join(folder, "copy.db");
          await pullIn(client, journal, copy);
          expect(verify(copy)).toMatchObject({ ok: true, head: verify(file).head });
          line.fail(undefined, 0);
          await fleet.indexedAfterFailure();
          expect(await runsIn(client, { journal })).toMatchObject([{ run: 1 }]);
        });
      } finally {
        await depot.stop();
        await line.close();
      }
    },
  );

  test("and does not answer holds up who waits for it alone, until it is asked again", async ({
    skip,
  }) => {
    if (s3 === undefined) return skip();
    const line = await openFaulty(s3.env["AWS_ENDPOINT_URL"] ?? "");
    const depot = await depotOn(line, s3);
    try {
      await withTemporary(async (folder) => {
        const [first, second] = [join(folder, "a.db"), join(folder, "b.db")];
        const client = new Depot(depot.url, { token, patience: 60_000, times: soon });
        for (const file of [first, second]) record(file);
        let giveUp = () => {};
        const isAsked = new Promise<void>((resolve) => {
          line.fail(
            (request) => {
              request.resume();
              giveUp = () => request.socket.destroy();
              resolve();
            },
            1,
            idOf(first),
          );
        });
        let isSent = false;
        const sent = ship(first, client).finally(() => (isSent = true));
        await isAsked;
        const { journal } = await ship(second, client);
        expect(await client.head(journal)).toMatchObject({ head: eventsIn(second) });
        expect(isSent).toBe(false);
        giveUp();
        expect(await sent).toMatchObject({ head: eventsIn(first) });
      });
    } finally {
      await depot.stop();
      await line.close();
    }
  });

  test("and does not answer in time is asked again", async ({ skip }) => {
    if (s3 === undefined) return skip();
    const line = await openFaulty(s3.env["AWS_ENDPOINT_URL"] ?? "");
    try {
      const env = { ...s3.env, AWS_ENDPOINT_URL: line.url };
      const options = s3OptionsIn(s3.store, env);
      const within = (call: number) => s3Objects(options, { call, mebibyte: 0, firstWait: 10 });
      const objects = within(500);
      line.fail((request) => void request.resume(), 1);
      await objects.put("late", Buffer.from("it came"));
      line.fail((request) => void request.resume(), 1);
      expect(await objects.get("late", { start: 0, length: 100 })).toEqual(Buffer.from("it came"));
      line.fail((request) => void request.resume(), Number.POSITIVE_INFINITY);
      await expect(within(20).remove("late")).rejects.toThrow(/no answer in time/);
    } finally {
      await line.close();
    }
  });

  test("and does not answer for one tenant keeps no other one waiting", async ({ skip }) => {
    if (s3 === undefined) return skip();
    const line = await openFaulty(s3.env["AWS_ENDPOINT_URL"] ?? "");
    const env = { ...s3.env, AWS_ENDPOINT_URL: line.url };
    const depot = await fleet.depot({ args: ["--store", s3.store], env });
    const gone = new AbortController();
    try {
      await withTemporary(async (folder) => {
        const hanging = await fleet.token("hanging", "append");
        const { rows } = await fleet.pool.query<{ tenant: number }>(
          "SELECT tenant FROM tenant WHERE name = 'hanging'",
        );
        const puts: string[] = [];
        const fault: Fault = (request, response, pass) => {
          const { method, url = "" } = request;
          if (method !== "PUT" || !url.includes(`/${rows[0]?.tenant}/`))
            return void pass().then(({ status, headers, body }) =>
              response.writeHead(status, headers).end(body),
            );
          request.resume();
          puts.push(url);
        };
        line.fail(fault, Number.POSITIVE_INFINITY);
        const files = Array.from({ length: 6 }, (_, at) => join(folder, `${at}.db`));
        const sent = files.map(async (file) => {
          record(file);
          await ship(file, new Depot(depot.url, { token: hanging, signal: gone.signal }));
        });
        await until(() => puts.length === files.length);
        const file = join(folder, "other.db");
        record(file);
        const client = new Depot(depot.url, { token, patience: 60_000 });
        const { journal } = await ship(file, client);
        expect(await client.head(journal)).toMatchObject({ head: eventsIn(file) });
        // The depot itself has not given up the first ones meanwhile.
        expect(puts).toHaveLength(files.length);
        gone.abort();
        await Promise.allSettled(sent);
      });
    } finally {
      gone.abort();
      await depot.kill("SIGKILL");
      await line.close();
    }
  });

  test("and answers with more than was asked for takes no more memory than that", async () => {
    let sent = 0;
    const server = createServer((request, response) => {
      request.resume();
      // Bytes without end, for each object and each list.
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(mebibyte))) sent += mebibyte;
      };
      response.writeHead(200);
      response.on("drain", more);
      response.on("error", () => {});
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const objects = s3Objects(
        s3OptionsIn("s3://packs", {
          AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
          AWS_ACCESS_KEY_ID: "any",
          AWS_SECRET_ACCESS_KEY: "any",
        }),
      );
      const bytes = await objects.get("a", { start: 10, length: 1_000 });
      expect(bytes).toHaveLength(1_000);
      await objects.put("a", Buffer.from("a"));
      await objects.remove("a");
      await expect(objects.list("")).rejects.toThrow(/has no end, or is too long/);
      // A list has 16 MiB at most; the rest lay in sockets.
      expect(sent).toBeLessThan(100 * mebibyte);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

/** Pulls a journal; bytes that are not those of the pack are refused by who pulls, and come right the next time. */
async function pullIn(client: Depot, journal: string, copy: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1)
    try {
      await pull(client, journal, copy);
      return;
    } catch (error) {
      if (attempt > 8 || !/is not whole|no pack begins/.test(String(error))) throw error;
    }
}

interface Faulty {
  readonly url: string;
  /** Has a fault happen to so many of the requests that come for an object with this in its name. */
  fail(fault: Fault | undefined, times: number, name?: string): void;
  close(): Promise<void>;
}

/** Opens a way to a store on which faults happen. */
/** Returns the id of a journal, which the names of its objects have. */
function idOf(file: string): string {
  const journal = openReader(file);
  try {
    return openPacking(journal).id;
  } finally {
    journal.close();
  }
}

async function openFaulty(target: string): Promise<Faulty> {
  const { hostname, port } = new URL(target);
  let [fault, left, about]: [Fault | undefined, number, string] = [undefined, 0, ""];
  const server = createServer((request, response) => {
    const pass: Pass = () =>
      new Promise((resolve, reject) => {
        const { method, url, headers } = request;
        const onward = ask({ hostname, port, method, path: url, headers }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("end", () => {
            const known = { ...answer.headers } as Record<string, string>;
            delete known["transfer-encoding"];
            const body = Buffer.concat(chunks);
            resolve({ status: answer.statusCode ?? 500, headers: known, body });
          });
          answer.on("error", reject);
        });
        onward.on("error", reject);
        request.pipe(onward);
      });
    if (fault !== undefined && left > 0 && request.url?.includes(about) === true) {
      left -= 1;
      return fault(request, response, pass);
    }
    pass().then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      () => request.socket.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail: (next, times, name = "") => void ([fault, left, about] = [next, times, name]),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
