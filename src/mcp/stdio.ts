import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { type About, serverOn } from "./server.ts";
import { Session } from "../tools/index.ts";

/** Serves one client on this process's standard input and output, until it leaves or the signal aborts. */
export async function serveStdio(file: string, about: About, signal: AbortSignal): Promise<void> {
  using session = new Session(file, process.cwd());
  const server = serverOn(session, about);
  const ended = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    process.stdin.once("end", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await server.connect(new StdioServerTransport());
  await ended;
  // Calls that go on are told that nobody waits, and end; what they wrote is whole when the journal is closed.
  await server.close();
  await session.inTurn(() => {});
}
