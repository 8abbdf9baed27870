import type { KeyObject } from "node:crypto";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Pool } from "pg";
import { type Refusal, mostPackBytes } from "../protocol/protocol.ts";
import { Answering } from "./requests/answering.ts";
import { boundConnections } from "./requests/connections.ts";
import type { Log } from "./requests/log.ts";
import { Metrics } from "./requests/metrics.ts";
import type { Objects } from "./objects/objects.ts";
import type { Receiver } from "./receive.ts";
import { bytesIn, memoryFor, rangesIn, readRanges, readView } from "./reading.ts";
import { RefusedError } from "./requests/refused.ts";
import { findRuns } from "./searches/search.ts";
import { listJournals } from "./searches/journals.ts";
import { placeIn, searchIn } from "./requests/search-query.ts";
import { redactStored } from "./removing/redact.ts";
import { Room } from "./requests/room.ts";
import { spansIn } from "./requests/spans.ts";
import { listPacks, readPack } from "./objects/packs.ts";
import { eraseJournal } from "./removing/erase.ts";
import { type Holder, type Scope, holderOf } from "./database/tokens.ts";
import { storable } from "./searches/touched.ts";
import { troubleIn } from "./database/trouble.ts";
import { Turns } from "./requests/turns.ts";

export interface ServerOptions {
  readonly pool: Pool;
  readonly objects: Objects;
  readonly receiver: Receiver;
  /** Signs answers. */
  readonly key: KeyObject;
  readonly log: Log;
  readonly host: string;
  /** 0 takes one that is free. */
  readonly port: number;
  readonly signal: AbortSignal;
  /** Processor time in milliseconds that a search has for comparing paths. */
  readonly searchTime?: number;
  /** Called with the address when it listens. */
  readonly onListen: (url: string) => void;
}

/** Most bytes of a request that asks for ranges. */
const mostQuestionBytes = 1024 * 1024;
/** Most bytes of a request that is no pack. */
const mostAskedBytes = 8 * 1024 * 1024;
/** Time in milliseconds in which something of a body must come, and fewest bytes of it a second after that time. */
const stallTime = 30_000;
const leastRate = 64 * 1024;
/** Most searches at a time, and of one tenant: each holds connections to the database, and rows in memory. */
const searchesTogether = 8;
const searchesOfTenant = 4;
/** Most connections at a time. */
const connectionsTogether = 1_000;
/** Most requests of one tenant at a time, so that no tenant has all connections. */
const requestsOfTenant = 250;
/** Most answers with bytes that are on their way to one tenant. */
const answersOfTenant = 256;
/** Bytes of memory that a body gets at first. */
const leastHeld = 64 * 1024;

/** Answers after which the same may succeed later. */
const trouble: ReadonlySet<number> = new Set([429, 500, 503, 507]);

/** A request, its holder, and the words of its path that the route left open. */
interface Call {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly holder: Holder;
  readonly journal: string;
  readonly number: number;
  /** Takes memory for the answer, until all of it was sent. Throws RefusedError if there is none. */
  readonly hold: (bytes: number) => void;
}

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly scope: Scope;
  readonly answer: (call: Call) => Promise<unknown>;
}

/** Serves a depot over HTTP until the signal aborts; requests that have begun are answered before it returns. */
export async function serveDepot(options: ServerOptions): Promise<void> {
  const { pool, objects, receiver, key, log, host, port, signal, searchTime, onListen } = options;
  const answering = new Answering(key);
  const metrics = new Metrics();
  const searches = new Turns(searchesTogether, searchesOfTenant);
  const room = new Room();
  const answers = new Room(answersOfTenant);
  const requests = new Room(requestsOfTenant);

  const nameOf = ({ holder: { tenant }, journal }: Call) => ({ tenant, journal });
  const routes: readonly Route[] = [
    {
      method: "GET",
      path: /^\/v1\/journals$/,
      scope: "read",
      answer: ({ holder, url }) => {
        const after = url.searchParams.get("after");
        return listJournals(pool, holder.tenant, after === null ? undefined : placeIn(after));
      },
    },
    {
      method: "GET",
      path: /^\/v1\/runs$/,
      scope: "read",
      answer: ({ holder: { tenant }, url }) => {
        const search = searchIn(url.searchParams);
        return searches.take(tenant, () => findRuns(pool, tenant, search, searchTime));
      },
    },
    {
      method: "GET",
      path: /^\/v1\/journals\/([0-9a-f]{32})$/,
      scope: "append",
      answer: (call) => receiver.head(nameOf(call)),
    },
    {
      method: "POST",
      path: /^\/v1\/journals\/([0-9a-f]{32})\/packs$/,
      scope: "append",
      answer: (call) => take(call),
    },
    {
      method: "GET",
      path: /^\/v1\/journals\/([0-9a-f]{32})\/packs$/,
      scope: "read",
      answer: (call) => listPacks(pool, nameOf(call), afterIn(call.url.searchParams)),
    },
    {
      method: "GET",
      path: /^\/v1\/journals\/([0-9a-f]{32})\/packs\/(\d{1,15})$/,
      scope: "read",
      answer: (call) => readPack(pool, objects, nameOf(call), call),
    },
    {
      method: "GET",
      path: /^\/v1\/journals\/([0-9a-f]{32})\/view$/,
      scope: "read",
      answer: (call) => readView(pool, receiver, nameOf(call), call),
    },
    {
      method: "POST",
      path: /^\/v1\/journals\/([0-9a-f]{32})\/ranges$/,
      scope: "read",
      answer: (call) =>
        withBody(call, mostQuestionBytes, async (body, more) => {
          const asked = rangesIn(body);
          more(memoryFor(asked));
          call.hold(bytesIn(asked));
          return await readRanges(pool, objects, nameOf(call), asked);
        }),
    },
    {
      method: "DELETE",
      path: /^\/v1\/journals\/([0-9a-f]{32})$/,
      scope: "erase",
      answer: (call) => eraseJournal(pool, nameOf(call)),
    },
    {
      method: "POST",
      path: /^\/v1\/journals\/([0-9a-f]{32})\/redactions$/,
      scope: "erase",
      answer: (call) =>
        withBody(call, mostAskedBytes, (body) =>
          redactStored(pool, objects, nameOf(call), spansIn(body)),
        ),
    },
  ];

  /** Reads a body, and holds its memory until `act` has done with it. */
  async function withBody<T>(
    { request, holder }: Call,
    most: number,
    act: (body: Buffer, more: (bytes: number) => void) => Promise<T>,
  ): Promise<T> {
    const length = lengthOf(request, most);
    const held = room.enter(holder.tenant, length);
    const more = (bytes: number) => held.more(bytes);
    try {
      return await act(await bodyOf(request, length, more), more);
    } finally {
      held.release();
    }
  }

  function take(call: Call): Promise<unknown> {
    return withBody(call, mostPackBytes, async (bytes) => {
      const called = storable(call.url.searchParams.get("name") ?? "");
      const mayErase = call.holder.scopes.has("erase");
      const sent = { called, sender: call.holder.name, mayErase };
      const answer = await receiver.take(nameOf(call), bytes, sent);
      metrics.add("depot_packs_total");
      metrics.add("depot_pack_bytes_total", bytes.length);
      return answer;
    });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? "/", "http://depot");
    if (url === null) throw new RefusedError(400, "the address cannot be read");
    if (request.method === "GET" && url.pathname === "/healthz") {
      await pool.query("SELECT 1");
      return answering.send(request, response, { status: 200, body: { ok: true } });
    }
    // Its signature proves the key, before a client tells its token.
    if (request.method === "GET" && url.pathname === "/v1/key")
      return answering.send(request, response, { status: 200, body: {} });
    if (request.method === "GET" && url.pathname === "/metrics") {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(metrics.text());
      return;
    }
    const holder = await holderIn(request, pool);
    if (response.closed) throw nobodyWaits();
    const place = requests.enter(holder.tenant, 0);
    response.once("close", () => place.release());
    const here = routes.filter(({ path }) => path.test(url.pathname));
    const route = here.find(({ method }) => method === request.method);
    if (route === undefined)
      throw here.length === 0
        ? new RefusedError(404, `there is nothing at ${url.pathname}`)
        : new RefusedError(405, `${request.method} is not served at ${url.pathname}`);
    if (
      !holder.scopes.has(route.scope) &&
      !(route.scope === "append" && holder.scopes.has("read") && request.method === "GET")
    )
      throw new RefusedError(403, `the token lacks the scope ${route.scope}`, {
        hint: `ask who runs the depot for one: \`rewindfs depot grant NAME --scope ${route.scope}\` makes it there`,
      });
    const [, journal = "", number = "0"] = route.path.exec(url.pathname) ?? [];
    const hold = (bytes: number) => {
      if (response.closed) throw nobodyWaits();
      const held = answers.enter(holder.tenant, bytes);
      // Memory is held by who reads, not by who stands still.
      const watch = setTimeout(() => response.destroy(), stallTime + (bytes / leastRate) * 1_000);
      response.once("close", () => {
        clearTimeout(watch);
        held.release();
      });
      held.more(bytes);
    };
    const result = await route.answer({
      request,
      url,
      holder,
      journal,
      number: Number(number),
      hold,
    });
    const status = result === undefined ? 204 : 200;
    answering.send(request, response, { status, body: result });
  }

  const server = createServer((request, response) => {
    const began = performance.now();
    response.once("finish", () => {
      metrics.add(`depot_requests_total{status="${response.statusCode}"}`);
      metrics.add("depot_request_seconds_total", (performance.now() - began) / 1000);
    });
    answer(request, response).catch((error: unknown) => {
      if (!(error instanceof RefusedError))
        log("error", "a request failed", {
          method: request.method ?? "",
          path: request.url ?? "",
          reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      if (response.headersSent) return void response.destroy();
      const refusal = refusalOf(troubleOf(error) ?? error);
      // Otherwise the rest of a body that nobody reads would be taken for the next request.
      response.setHeader("connection", "close");
      if (trouble.has(refusal.status)) response.setHeader("retry-after", "5");
      answering.send(request, response, refusal);
    });
  });
  // A client that sends a pack over a slow line has some minutes for it.
  server.requestTimeout = 300_000;
  server.headersTimeout = 20_000;
  boundConnections(server, connectionsTogether);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  onListen(
    `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`,
  );
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await closed;
}

function nobodyWaits(): RefusedError {
  return new RefusedError(408, "nobody waits for the answer");
}

async function holderIn({ headers }: IncomingMessage, pool: Pool): Promise<Holder> {
  const [, token] = /^Bearer (\S{1,200})$/.exec(headers.authorization ?? "") ?? [];
  const holder = token === undefined ? undefined : await holderOf(pool, token);
  if (holder === undefined)
    throw new RefusedError(401, "the token is missing or not valid", {
      hint: "ask who runs the depot for one: `rewindfs depot grant NAME --scope append` makes it there",
    });
  return holder;
}

/** Returns the length of a body, before any of it is taken into memory. */
function lengthOf({ headers }: IncomingMessage, most: number): number {
  const length = Number(headers["content-length"]);
  if (headers["transfer-encoding"] !== undefined || !Number.isSafeInteger(length) || length < 0)
    throw new RefusedError(411, "a request must say how long it is");
  if (length > most) throw new RefusedError(413, `it has ${most} bytes at most`);
  return length;
}

/**
 * Reads a body of `length` bytes. Memory is taken as they come, and `hold` is told of it before: a client that announces
 * much and sends nothing keeps nobody else away.
 */
async function bodyOf(
  request: IncomingMessage,
  length: number,
  hold: (bytes: number) => void,
): Promise<Buffer> {
  let body = Buffer.alloc(0);
  let at = 0;
  const began = performance.now();
  // Memory is held by who sends, not by who stands still.
  const watch = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    if (at < seconds * leastRate) request.destroy(new RefusedError(408, "the request is too slow"));
  }, stallTime);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      const end = at + chunk.length;
      if (end > body.length) {
        const room = Math.min(length, Math.max(end, body.length * 2, leastHeld));
        hold(room - body.length);
        const larger = Buffer.allocUnsafeSlow(room);
        body.copy(larger, 0, 0, at);
        body = larger;
      }
      at += chunk.copy(body, at);
    }
  } finally {
    clearInterval(watch);
  }
  if (at !== length) throw new RefusedError(400, "the request ended too early");
  return body;
}

/** Returns the event after which packs are asked for. */
function afterIn(parameters: URLSearchParams): number {
  const text = parameters.get("after") ?? "0";
  if (!/^\d{1,15}$/.test(text)) throw new RefusedError(400, `after: ${text} is no event`);
  return Number(text);
}

/** Returns what a request is refused with where the database, or the store, cannot do what it is asked now. */
function troubleOf(error: unknown): RefusedError | undefined {
  switch (troubleIn(error)) {
    case "store":
      return new RefusedError(503, "the object store does not do what it is asked");
    case "full":
      return new RefusedError(507, "the disk of the depot's database is full");
    case "database":
      return new RefusedError(503, "the depot's database does not answer");
    case undefined:
      return undefined;
  }
}

/** Returns what a request is answered with that failed. */
function refusalOf(error: unknown): { readonly status: number; readonly body: Refusal } {
  const known = error instanceof RefusedError ? error : undefined;
  const status = known?.status ?? 500;
  const body: Refusal = {
    error: known?.message ?? "the depot failed; its log says why",
    ...(known?.hint === undefined ? {} : { hint: known.hint }),
    ...(known?.known === undefined ? {} : { known: known.known }),
  };
  return { status, body };
}
