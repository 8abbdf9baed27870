import type { IncomingMessage } from "node:http";
import type { Pool } from "pg";
import { mostPackBytes } from "../protocol/protocol.ts";
import type { Holder, Scope } from "./database/tokens.ts";
import type { Objects } from "./objects/objects.ts";
import { listPacks, readPack } from "./objects/packs.ts";
import { bytesIn, memoryFor, rangesIn, readRanges, readView } from "./reading.ts";
import type { Receiver } from "./receive.ts";
import { eraseJournal } from "./removing/erase.ts";
import { redactStored } from "./removing/redact.ts";
import { withBody } from "./requests/body.ts";
import type { Metrics } from "./requests/metrics.ts";
import { RefusedError } from "./requests/refused.ts";
import { Room } from "./requests/room.ts";
import { placeIn, searchIn } from "./requests/search-query.ts";
import { spansIn } from "./requests/spans.ts";
import { Turns } from "./requests/turns.ts";
import { listJournals } from "./searches/journals.ts";
import { findRuns } from "./searches/search.ts";
import { storable } from "./searches/touched.ts";

/** Holds all that requests are answered from. */
export interface Ground {
  readonly pool: Pool;
  readonly objects: Objects;
  readonly receiver: Receiver;
  readonly metrics: Metrics;
  /** Processor time in milliseconds that a search has for comparing paths. */
  readonly searchTime?: number;
}

/** A request, its holder, and the words of its path that the route left open. */
export interface Call {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly holder: Holder;
  readonly journal: string;
  readonly number: number;
  /** Takes memory for the answer, until all of it was sent. Throws RefusedError if there is none. */
  readonly hold: (bytes: number) => void;
}

/** Answers requests of a method at paths, from who has the scope. */
export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly scope: Scope;
  /** The scopes that a hint has, where a token of that one alone would be refused next. */
  readonly granted?: string;
  readonly answer: (call: Call) => Promise<unknown>;
}

/** Most bytes of a request that asks for ranges. */
const mostQuestionBytes = 1024 * 1024;
/** Most bytes of a request that is no pack. */
const mostAskedBytes = 8 * 1024 * 1024;
/** Most searches at a time, and of one tenant: each holds connections to the database, and rows in memory. */
const searchesTogether = 8;
const searchesOfTenant = 4;

/** Returns the table of all that a depot is asked with a token. */
export function routesOf({
  pool,
  objects,
  receiver,
  metrics,
  searchTime,
}: Ground): readonly Route[] {
  const searches = new Turns(searchesTogether, searchesOfTenant);
  const room = new Room();
  const nameOf = ({ holder: { tenant }, journal }: Call) => ({ tenant, journal });
  return [
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
        bodyOf(call, mostQuestionBytes, async (body, more) => {
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
      granted: "read,erase",
      answer: (call) =>
        bodyOf(call, mostAskedBytes, (body) =>
          redactStored(pool, objects, nameOf(call), spansIn(body)),
        ),
    },
  ];

  function bodyOf<T>(
    { request, holder: { tenant } }: Call,
    most: number,
    act: Parameters<typeof withBody<T>>[2],
  ): Promise<T> {
    return withBody({ request, tenant, room }, most, act);
  }

  function take(call: Call): Promise<unknown> {
    return bodyOf(call, mostPackBytes, async (bytes) => {
      const called = storable(call.url.searchParams.get("name") ?? "");
      const mayErase = call.holder.scopes.has("erase");
      const sent = { called, sender: call.holder.name, mayErase };
      const answer = await receiver.take(nameOf(call), bytes, sent);
      metrics.add("depot_packs_total");
      metrics.add("depot_pack_bytes_total", bytes.length);
      return answer;
    });
  }
}

/** Returns the event after which packs are asked for. */
function afterIn(parameters: URLSearchParams): number {
  const text = parameters.get("after") ?? "0";
  if (!/^\d{1,15}$/.test(text)) throw new RefusedError(400, `after: ${text} is no event`);
  return Number(text);
}
