import type { LoweredWasi } from "../../wasi/index.ts";
import { createClocks } from "../machine/clocks.ts";
import type { createCommandLine } from "./command-line.ts";
import { createRefusedHttp, createRefusedSockets } from "../machine/network.ts";
import type { Poll } from "../machine/poll.ts";
import { createRandom } from "../machine/random.ts";
import type { ServedInterface } from "../machine/served.ts";

type Interface = Readonly<Record<string, unknown>>;

/**
 * Returns everything that a guest of 0.2 can import, keyed without versions, as jco's glue asks for it: any patch will
 * do.
 */
export async function createHost(
  filesystem: Omit<LoweredWasi, "mark">,
  commandLine: ReturnType<typeof createCommandLine>,
  poll: Poll,
  wanted: readonly string[],
): Promise<Partial<Record<ServedInterface, Interface>>> {
  const clocks = createClocks(poll);
  const random = createRandom();
  const sockets = createRefusedSockets();
  const host: Partial<Record<ServedInterface, Interface>> = {
    "wasi:cli/environment": commandLine.environment,
    "wasi:cli/exit": commandLine.exit,
    "wasi:cli/stderr": commandLine.stderr,
    "wasi:cli/stdin": commandLine.stdin,
    "wasi:cli/stdout": commandLine.stdout,
    "wasi:cli/terminal-input": commandLine.terminalInput,
    "wasi:cli/terminal-output": commandLine.terminalOutput,
    "wasi:cli/terminal-stderr": commandLine.terminalStderr,
    "wasi:cli/terminal-stdin": commandLine.terminalStdin,
    "wasi:cli/terminal-stdout": commandLine.terminalStdout,
    "wasi:clocks/monotonic-clock": clocks.monotonicClock,
    "wasi:clocks/wall-clock": clocks.wallClock,
    "wasi:filesystem/preopens": filesystem.preopens,
    "wasi:filesystem/types": filesystem.types,
    "wasi:io/error": filesystem.error,
    "wasi:io/poll": { Pollable: poll.Pollable, poll: poll.poll },
    "wasi:io/streams": filesystem.streams,
    "wasi:random/insecure": random.insecure,
    "wasi:random/insecure-seed": random.insecureSeed,
    "wasi:random/random": random.random,
    "wasi:sockets/instance-network": sockets.instanceNetwork,
    "wasi:sockets/ip-name-lookup": sockets.ipNameLookup,
    "wasi:sockets/network": sockets.network,
    "wasi:sockets/tcp": sockets.tcp,
    "wasi:sockets/tcp-create-socket": sockets.tcpCreateSocket,
    "wasi:sockets/udp": sockets.udp,
    "wasi:sockets/udp-create-socket": sockets.udpCreateSocket,
  };
  if (!wanted.some((name) => name.startsWith("wasi:http/"))) return host;
  const http = await createRefusedHttp();
  return {
    ...host,
    "wasi:http/outgoing-handler": http.outgoingHandler,
    "wasi:http/types": http.types,
  };
}
