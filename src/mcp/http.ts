import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { type About, serverOn } from "./server.ts";
import { Session } from "../tools/index.ts";

/** Most clients at a time: one more takes the place of the one that has been silent for longest. */
const mostSessions = 32;
/** Most bytes of one request. */
const mostBody = 64 * 1024 * 1024;

export interface HttpOptions {
  readonly file: string;
  readonly about: About;
  /** 0 takes one that is free. */
  readonly port: number;
  /** Secret that each request must have, as "Authorization: Bearer TOKEN". */
  readonly token: string;
  readonly signal: AbortSignal;
  /** Called with the address when it listens. */
  readonly onListen: (url: string) => void;
}

/** Serves clients of this machine over HTTP (Streamable HTTP, at /mcp), until the signal aborts. */
export async function serveHttp({
  file,
  about,
  port,
  token,
  signal,
  onListen,
}: HttpOptions): Promise<void> {
  using session = new Session(file, process.cwd());
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const http = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, "127.0.0.1", resolve);
  });
  const { port: taken } = http.address() as AddressInfo;
  const hosts = [`127.0.0.1:${taken}`, `localhost:${taken}`];
  onListen(`http://127.0.0.1:${taken}/mcp`);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  // Calls that go on are told that nobody waits, and end; what they wrote is whole when the journal is closed.
  await Promise.all([...transports.values()].map((one) => one.close()));
  await session.inTurn(() => {});
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page in a browser of this machine can send requests, too: it knows no token, and comes with its own origin.
    if (!hosts.includes(request.headers.host ?? "") || request.headers.origin !== undefined)
      return refuse(response, 403, "only programs of this machine are served");
    if (!hasToken(request, token)) return refuse(response, 401, "the token is missing or wrong");
    if (request.url !== "/mcp") return refuse(response, 404, "the server is at /mcp");
    const id = request.headers["mcp-session-id"];
    const known = typeof id === "string" ? transports.get(id) : undefined;
    // The length is checked before any memory is taken for the body.
    if (request.headers["transfer-encoding"] !== undefined)
      return refuse(response, 411, "a request must say how long it is");
    if (Number(request.headers["content-length"] ?? 0) > mostBody)
      return refuse(response, 413, `a request has ${mostBody} bytes at most`);
    if (known !== undefined && typeof id === "string") {
      // The last entry of the map is the client that spoke last.
      transports.delete(id);
      transports.set(id, known);
      return await known.handleRequest(request, response);
    }
    if (id !== undefined) return refuse(response, 404, "there is no such session");
    const [silent] = transports.values();
    if (transports.size >= mostSessions) await silent?.close();
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (made) => void transports.set(made, transport),
    });
    transport.onclose = () => void transports.delete(transport.sessionId ?? "");
    await serverOn(session, about).connect(transport);
    return await transport.handleRequest(request, response);
  }
}

function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ""), digest(`Bearer ${token}`));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const error = { jsonrpc: "2.0", error: { code: -32_000, message }, id: null };
  response
    .writeHead(status, { "content-type": "application/json", connection: "close" })
    .end(JSON.stringify(error));
}
