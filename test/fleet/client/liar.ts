import { type KeyObject, generateKeyPairSync } from "node:crypto";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Depot, type DepotOptions } from "../../../src/fleet/client/index.ts";
import { Answering } from "../../../src/fleet/depot/requests/answering.ts";

/** An answer of a server: its status, its body, and its headers. */
export type Answer = readonly [number, unknown, Record<string, string>?];

/** The key of depots that lie. */
export const liarKey: KeyObject = generateKeyPairSync("ed25519").privateKey;

export interface Liar {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers a request by itself; returns undefined if it did. */
export type Lie = (request: IncomingMessage, response: ServerResponse) => Answer | undefined;

/** Starts a depot that answers as it is told to, and signs that; it proves its key as a depot does. */
export async function startLiar(answer: Lie, key: KeyObject = liarKey, port = 0): Promise<Liar> {
  const answering = new Answering(key);
  const server = createServer((request, response) => {
    request.resume();
    const said = request.url === "/v1/key" ? ([200, {}] as const) : answer(request, response);
    if (said === undefined) return;
    const [status, body, headers = {}] = said;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    answering.send(request, response, { status, body });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Runs `act` with a depot that answers as it is told to, and returns what was thrown. */
export async function withLiar(
  answer: Lie,
  act: (depot: Depot) => Promise<unknown>,
  options: Partial<DepotOptions> = {},
): Promise<string> {
  const liar = await startLiar(answer);
  try {
    await act(new Depot(liar.url, { token: "rwd_any", patience: 0, ...options }));
    return "done";
  } catch (error) {
    return String(error);
  } finally {
    await liar.close();
  }
}
