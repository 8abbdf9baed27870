import { error, streams } from "@bytecodealliance/preview2-shim/io";

import type { Wasi } from "../wasi/index.ts";
import { createClocks } from "./clocks.ts";
import type { createCommandLine } from "./command-line.ts";
import { createRefusedNetwork } from "./network.ts";
import type { Poll } from "./poll.ts";
import { createRandom } from "./random.ts";
import type { ServedInterface } from "./served.ts";

type Interface = Readonly<Record<string, unknown>>;

/** Everything that a guest can import, keyed as jco's glue asks for it: without versions, so that any 0.2 will do. */
export async function createHost(
  filesystem: Pick<Wasi, "types" | "preopens">,
  commandLine: ReturnType<typeof createCommandLine>,
  poll: Poll,
  wanted: readonly string[],
): Promise<Partial<Record<ServedInterface, Interface>>> {
  const clocks = createClocks(poll);
  const random = createRandom();
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
    "wasi:filesystem/preopens": { ...filesystem.preopens },
    "wasi:filesystem/types": { ...filesystem.types },
    "wasi:io/error": error,
    "wasi:io/poll": { Pollable: poll.Pollable, poll: poll.poll },
    "wasi:io/streams": streams,
    "wasi:random/insecure": random.insecure,
    "wasi:random/insecure-seed": random.insecureSeed,
    "wasi:random/random": random.random,
  };
  if (!wanted.some((name) => name.startsWith("wasi:sockets/") || name.startsWith("wasi:http/")))
    return host;
  const network = await createRefusedNetwork();
  return {
    ...host,
    "wasi:http/outgoing-handler": network.outgoingHandler,
    "wasi:http/types": network.httpTypes,
    "wasi:sockets/instance-network": network.instanceNetwork,
    "wasi:sockets/ip-name-lookup": network.ipNameLookup,
    "wasi:sockets/network": network.network,
    "wasi:sockets/tcp": network.tcp,
    "wasi:sockets/tcp-create-socket": network.tcpCreateSocket,
    "wasi:sockets/udp": network.udp,
    "wasi:sockets/udp-create-socket": network.udpCreateSocket,
  };
}
