import type { KeyObject } from "node:crypto";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Refusal } from "../protocol/protocol.ts";
import { Answering } from "./requests/answering.ts";
import { leastRate, stallTime } from "./requests/body.ts";
import { boundConnections } from "./requests/connections.ts";
import type { Log } from "./requests/log.ts";
import { Metrics } from "./requests/metrics.ts";
import { RefusedError } from "./requests/refused.ts";
import { Room } from "./requests/room.ts";
import { type Ground, routesOf } from "./routes.ts";
import { holderIn, lacking } from "./admission.ts";
import { troubleIn } from "./database/trouble.ts";

export interface ServerOptions extends Omit<Ground, "metrics"> {
  /** Signs answers. */
  readonly key: KeyObject;
  readonly log: Log;
  readonly host: string;
  /** 0 takes one that is free. */
  readonly port: number;
  readonly signal: AbortSignal;
  /** Called with the address when it listens. */
  readonly onListen: (url: string) => void;
}

/** Most connections at a time. */
const connectionsTogether = 1_000;
/** Most requests of one tenant at a time, so that no tenant has all connections. */
const requestsOfTenant = 250;
/** Most answers with bytes that are on their way to one tenant. */
const answersOfTenant = 256;
/** Answers after which the same may succeed later. */
const trouble: ReadonlySet<number> = new Set([429, 500, 503, 507]);

/** Serves a depot over HTTP until the signal aborts; requests that have begun are answered before it returns. */
export async function serveDepot(options: ServerOptions): Promise<void> {
  const { pool, key, log, host, port, signal, onListen } = options;
  const answering = new Answering(key);
  const metrics = new Metrics();
  const answers = new Room(answersOfTenant);
  const requests = new Room(requestsOfTenant);
  const routes = routesOf({ ...options, metrics });

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
      throw lacking(route, request, holder);
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
